"""waitress, with webhooks on the event loop's thread, connection limits and graceful stops."""
