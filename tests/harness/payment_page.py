"""The stand-in's payment page: requests for it, and its elements and text."""

from html.parser import HTMLParser

from .daemon import Response
from .stripe import Stripe


class Page(HTMLParser):
    """A parsed page: its text, and each element with its attributes."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.text = ""
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(response.body.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Implements HTMLParser."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Implements HTMLParser."""
        self.text += data

    def all(self, tag: str, name: str) -> list[str]:
        """Return the values of an attribute of all elements with this tag."""
        return [attrs[name] for other, attrs in self.elements if other == tag and name in attrs]

    @property
    def state(self) -> str:
        """The state of the page."""
        return self.all("section", "data-state")[0]


def get_page(stripe: Stripe, path: str, **query: str) -> Response:
    """GET a page as HTML."""
    return stripe.call("GET", path, query, headers={"Accept": "text/html"})


def submit_form(stripe: Stripe, path: str, **form: str) -> Response:
    """Submit a form."""
    return stripe.call("POST", path, form, headers={"Accept": "text/html"})
