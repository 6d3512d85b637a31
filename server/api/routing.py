"""Falcon's router, except that it routes HEAD like GET."""

from typing import Any

from falcon.routing import CompiledRouter


class Router(CompiledRouter):
    """Every resource with GET has HEAD: the same response without its body.

    Required by https://www.rfc-editor.org/rfc/rfc9110#section-9.1. Falcon omits the body itself.
    """

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:  # noqa: ANN401  (Falcon's signature)
        """Returns the responder of each method."""
        responders: dict[str, Any] = {**super().map_http_methods(resource, **kwargs)}
        if "GET" in responders:
            responders.setdefault("HEAD", responders["GET"])
        return responders
