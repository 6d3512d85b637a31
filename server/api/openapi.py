"""`GET /openapi.json`: the interface as a document, without a token, on the internal listener."""

import falcon

from server.openapi import document_bytes


class OpenApiResource:
    """The same bytes as `paycli openapi` prints."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """The document."""
        response.content_type = falcon.MEDIA_JSON
        response.data = document_bytes()
