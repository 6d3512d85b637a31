"""The routes, one module a resource, and what they share."""
