"""`GET /openapi.json`: the OpenAPI document, without a token, on the internal listener."""

import falcon

from server.openapi import document_bytes


class OpenApiResource:
    """Serves the same bytes that `paycli openapi` prints."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns the document."""
        response.content_type = falcon.MEDIA_JSON
        response.data = document_bytes()
