"""The reference page in a real browser, served by the application: accessible at each width."""

import threading
from collections.abc import Iterator
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest

from harness.browser import WIDE, Browser, Keys
from harness.in_process import StripeBackend, services_over
from server.app import create_app
from server.metrics import Metrics

PHONE = (360, 780)
# axe-core takes a minute for the whole page: a few elements of each kind are left.
SHORTEN = """
const few = "main > section:nth-of-type(n + 3):not(#errors, #objects, #events), article ~ article, "
  + "nav ul ul li:nth-of-type(n + 3), .fields > div:nth-of-type(n + 4)";
document.querySelectorAll(few).forEach((element) => element.remove());
"""
FIND = "return window.find(arguments[0]) && getSelection().anchorNode.parentElement.offsetTop > 0"


class ThreadedServer(ThreadingMixIn, WSGIServer):
    """Serves each connection on a thread: Chromium opens some that it does not use."""

    daemon_threads = True
    block_on_close = False


class QuietHandler(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """The address of the page."""
    services = services_over(StripeBackend("http://127.0.0.1:1"))
    app = create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=1024)
    with make_server("127.0.0.1", 0, app, ThreadedServer, QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/docs"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_the_page_fits_and_is_accessible(
    browser: Browser, page: str, size: tuple[int, int]
) -> None:
    """axe-core finds nothing, light and dark, and the page is no wider than the window."""
    browser.open(page, size)
    assert browser.horizontal_overflow() <= 0
    assert browser.console_errors() == []
    browser.run(SHORTEN)
    assert len(browser.driver.find_elements("css selector", "article")) == 4
    for dark in (False, True):
        browser.set_color_scheme(dark=dark)
        assert browser.accessibility_problems() == [], f"dark: {dark}"


def test_what_is_too_wide_or_without_a_name_is_found(browser: Browser, page: str) -> None:
    """The control: an image without a text, wider than the window, violates both."""
    browser.open(page, PHONE)
    browser.run("document.querySelector('main').replaceChildren(new Image(400, 10))")
    assert browser.horizontal_overflow() > 0
    assert any("image-alt" in problem for problem in browser.accessibility_problems())


def test_the_color_schemes_differ(browser: Browser, page: str) -> None:
    """The page is light or dark, as the browser prefers."""
    background = "return getComputedStyle(document.body).backgroundColor"
    browser.open(page)
    light = browser.run(background)
    browser.set_color_scheme(dark=True)
    assert [light, browser.run(background)] == ["rgb(255, 255, 255)", "rgb(20, 20, 27)"]


def test_the_browser_finds_all_text(browser: Browser, page: str) -> None:
    """Nothing is folded away: a parameter, a nested field, an error and an event are found."""
    browser.open(page, PHONE)
    for text in ("Idempotency-Key", "overcapture", "stripe_outcome_unknown", "payout.failed"):
        browser.run("getSelection().removeAllRanges()")
        assert browser.run(FIND, text), text
    assert not browser.run(FIND, "a text that no page has")


def test_the_contents_lead_to_each_section(browser: Browser, page: str) -> None:
    """On a phone they are above the text, with the groups only, and a link leads back to them."""
    browser.open(page, PHONE)
    assert "Create a payment" not in browser.text("nav")
    browser.click("nav a[href='#events']")
    assert browser.run("return document.querySelector(':target').id") == "events"
    browser.click("nav .jump")
    assert browser.run("return document.querySelector(':target').id") == "contents"
    browser.open(page, WIDE)
    assert "Create a payment" in browser.text("nav")


def test_the_keyboard_skips_the_contents(browser: Browser, page: str) -> None:
    """The first Tab shows a link over the contents, to the text."""
    browser.open(page)
    top = "return document.querySelector('.skip').getBoundingClientRect().top"
    assert browser.run(top) < 0
    browser.press(Keys.TAB)
    assert browser.run(top) > 0
    browser.press(Keys.ENTER)
    assert browser.run("return document.querySelector(':target').id") == "reference"
