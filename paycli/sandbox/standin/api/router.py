"""Which route a request is for, and the ids in its path."""

from collections import defaultdict

from paycli.sandbox.standin.api.call import ApiRoute, Routes
from paycli.sandbox.standin.api.errors import StripeErrorResponse

_Template = tuple[str | None, ...]


class Router:
    """Finds routes; segments of a path such as `{id}` stand for any id."""

    def __init__(self, routes: Routes) -> None:
        self._exact = routes
        self._templates: defaultdict[tuple[str, int], list[tuple[_Template, ApiRoute]]]
        self._templates = defaultdict(list)
        for (method, path), route in routes.items():
            template = tuple(None if part[:1] == "{" else part for part in path.split("/"))
            if None in template:
                self._templates[method, len(template)].append((template, route))

    def find(self, method: str, path: str) -> tuple[ApiRoute, tuple[str, ...]]:
        """The route of a request, and the ids in its path, from left to right.

        Raises:
            StripeErrorResponse: there is no such route.
        """
        if route := self._exact.get((method, path.rstrip("/"))):
            return route, ()
        parts = path.rstrip("/").split("/")
        for template, route in self._templates.get((method, len(parts)), ()):
            pairs = list(zip(template, parts, strict=True))
            if all(expected in (None, part) for expected, part in pairs):
                return route, tuple(part for expected, part in pairs if expected is None)
        raise StripeErrorResponse(f"Unrecognized request URL ({method}: {path}).", status=404)
