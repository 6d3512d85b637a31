"""The HTTP transport: sockets, the server's interface, and waitress behind it."""
