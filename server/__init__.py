"""The daemon: serves the HTTP interface over the use cases of `paycli`."""
