"""HTTP/1.1 on h11: messages, and one client's connection."""
