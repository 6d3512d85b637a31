"""Stripe's resources, one module each: state, JSON, operations, and what the sandbox simulates."""
