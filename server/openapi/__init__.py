"""The OpenAPI 3.1 document of the HTTP interface, built from the models and the operations.

Imports no HTTP framework: `paycli openapi` prints the same bytes that the daemon serves.
"""

from server.openapi.document import document, document_bytes

__all__ = ["document", "document_bytes"]
