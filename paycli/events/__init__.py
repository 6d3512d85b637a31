"""Stripe's events as internal events: the catalogue, their shapes, and their Kafka records."""
