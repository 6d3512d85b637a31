"""The syntax of parts of a request, whichever server has parsed it (RFC 9110, RFC 9112)."""

import re

METHOD = re.compile(r"[A-Z][A-Z-]{0,31}")
HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
