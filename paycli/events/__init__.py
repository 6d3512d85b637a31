"""Translation of Stripe events into internal events, their schemas and their Kafka records."""
