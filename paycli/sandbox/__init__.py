"""Stand-ins for Stripe and Kafka: for the demo, for tests, and for trying out the daemon."""
