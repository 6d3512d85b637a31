"""Kafka: acknowledged publishing, reading, and topic metadata, on confluent-kafka."""
