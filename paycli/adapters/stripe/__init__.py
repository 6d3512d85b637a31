"""Stripe's API: one module a resource, on `calls` (deadline, retries) and `curl_client` (HTTP)."""
