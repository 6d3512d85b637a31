"""`paycli openapi`: the HTTP interface as a document."""

import sys


def openapi() -> None:
    """Prints the HTTP interface as an OpenAPI 3.1 document, as the daemon serves it.

    Example: paycli openapi > openapi.json
    """
    from server.openapi import document_bytes  # the models

    sys.stdout.buffer.write(document_bytes())
