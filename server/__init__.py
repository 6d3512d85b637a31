"""The daemon: HTTP in, use case, HTTP out."""
