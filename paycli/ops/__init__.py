"""Use cases for operators: backfill, replay, timeline, test webhooks and the doctor's checks."""
