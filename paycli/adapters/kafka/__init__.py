"""Kafka: publishing with acknowledgement, reading, and administration, on confluent-kafka."""
