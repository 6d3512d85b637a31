"""The HTTP transport: listening sockets, the server interface, and its implementation."""
