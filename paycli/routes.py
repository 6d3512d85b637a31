"""The paths of the HTTP interface that more than one package has to know."""

WEBHOOK_PATH = "/api/v1/stripe/events"
"""The route that Stripe calls."""

STRIPE_BOUND_PATHS = ("/api/v1/payments", "/api/v1/refunds")
"""Prefixes of the routes whose requests may wait for Stripe: they have a thread pool of their own,
so that they never delay webhooks or probes."""
