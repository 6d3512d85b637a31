"""Adapters to external systems: they translate between SDKs and our own models and errors."""
