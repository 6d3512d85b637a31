"""Stripe's webhooks: verification, translation and publishing, and diagnosis of signatures."""
