"""`paycli openapi`."""

import sys

from paycli.cli.exit_codes import exits


@exits()
def openapi() -> None:
    """Print the OpenAPI 3.1 document of the HTTP API, as the daemon serves it.

    Examples:
        paycli openapi > openapi.json
    """
    from server.openapi import document_bytes  # the models

    sys.stdout.buffer.write(document_bytes())
