"""`paycli openapi`: the HTTP interface as a document."""

import sys
from typing import Annotated

import typer

from paycli.cli.explained import exits


@exits()
def openapi(
    *,
    html: Annotated[
        bool, typer.Option("--html", help="A page for people instead, in one file.")
    ] = False,
) -> None:
    """Prints the HTTP interface as an OpenAPI 3.1 document, as the daemon serves it.

    Examples:
        paycli openapi > openapi.json
        paycli openapi --html > reference.html
    """
    from server.openapi import document_bytes, page  # the models

    sys.stdout.buffer.write(page().encode() if html else document_bytes())
