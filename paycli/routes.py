"""Paths of the HTTP API that more than one package uses."""

WEBHOOK_PATH = "/api/v1/stripe/events"
"""The route that Stripe calls."""

API_PREFIX = "/api/v1/"
"""Begins every path of the API. All but the webhook's may wait for Stripe: they run in a separate
thread pool, so that they never delay webhooks or probes."""
