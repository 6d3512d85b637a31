"""waitress with webhooks on the event loop's thread, limits on every connection, clean stops."""
