"""The HTTP interface as a document (OpenAPI 3.1), made of the models and the table of failures.

No HTTP framework is imported here: `paycli openapi` prints the same bytes as the daemon serves.
"""

from server.openapi.document import document, document_bytes
from server.openapi.page import page

__all__ = ["document", "document_bytes", "page"]
