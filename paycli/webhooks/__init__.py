"""Stripe's webhooks: verified, translated and published; and tools to sign and diagnose them."""
