"""Use cases for operators: backfill, replay, timeline, endpoints, test webhooks and doctor."""
