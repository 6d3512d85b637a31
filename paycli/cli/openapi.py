"""`paycli openapi`."""

import sys
from typing import Annotated

import typer

from paycli.cli.exit_codes import exits


@exits()
def openapi(
    *,
    html: Annotated[
        bool, typer.Option("--html", help="Print an HTML page instead, in one file.")
    ] = False,
) -> None:
    """Print the OpenAPI 3.1 document of the HTTP API, as the daemon serves it.

    Examples:
        paycli openapi > openapi.json
        paycli openapi --html > reference.html
    """
    from server.openapi import document_bytes, page  # the models

    sys.stdout.buffer.write(page().encode() if html else document_bytes())
