"""Paths of the HTTP API that more than one package uses."""

WEBHOOK_PATH = "/api/v1/stripe/events"
"""The route that Stripe calls."""

STRIPE_BOUND_PATHS = ("/api/v1/payments", "/api/v1/refunds")
"""Prefixes of the routes whose requests may wait for Stripe. They run in a separate thread pool, so
that they never delay webhooks or probes."""
