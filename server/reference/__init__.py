"""The reference as a page: the HTTP interface and the events.

Imports no HTTP framework: `paycli docs` writes the same bytes that the daemon serves.
"""

from server.reference.page import CONTENT_SECURITY_POLICY, page_bytes

__all__ = ["CONTENT_SECURITY_POLICY", "page_bytes"]
