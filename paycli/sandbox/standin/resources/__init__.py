"""Stripe's resources, one module each."""
