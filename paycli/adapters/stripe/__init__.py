"""Stripe's API: a module for each resource, on `calls` (deadline, retries) and `curl_client`."""
