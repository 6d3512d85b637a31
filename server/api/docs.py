"""`GET /docs`: the reference as a page, without a token, on the internal listener."""

import falcon

from paycli.events.topics import Topics


class DocsResource:
    """Serves the same bytes that `paycli docs` writes; the first request builds them."""

    def __init__(self, topics: Topics) -> None:
        self._topics = topics

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns the page."""
        from server.reference import CONTENT_SECURITY_POLICY, page_bytes  # not needed to start

        response.content_type = "text/html; charset=utf-8"
        response.set_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.set_header("X-Content-Type-Options", "nosniff")
        response.data = page_bytes(self._topics.events, self._topics.unreadable)
