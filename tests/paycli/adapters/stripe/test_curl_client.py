"""Neither the environment nor Stripe's responses make the client send the key elsewhere."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.stripe import SECRET_KEY, Stripe, respond
from paycli.adapters.stripe.gateway import StripeGateway
from paycli.errors import StripeFailure, StripeUnavailable
from paycli.models import CreatePayment
from paycli.settings import StripeSettings

REQUEST = CreatePayment.from_fields({"amount": 2000, "currency": "eur"})


class OtherServer:
    """A server that must receive no request; records those that it does."""

    def __init__(self) -> None:
        requests = self.requests = list[str]()

        class Handler(http.server.BaseHTTPRequestHandler):
            def record(self) -> None:
                requests.append(f"{self.requestline}\n{self.headers}")
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST = do_CONNECT = record  # noqa: N815  (names of the standard library)

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def other_server() -> Iterator[OtherServer]:
    """Give a server that must receive no request."""
    server = OtherServer()
    yield server
    server.stop()


def gateway(stripe: Stripe) -> StripeGateway:
    """Build a gateway to the stand-in."""
    return StripeGateway(
        StripeSettings.model_validate(
            {
                "PAYCLI_STRIPE_API_KEY": SECRET_KEY,
                "PAYCLI_STRIPE_API_BASE": stripe.url,
                "PAYCLI_STRIPE_TIMEOUT_SECONDS": "5",
            }
        )
    )


def test_proxies_and_netrc_of_the_environment_are_not_used(
    stand_in: Stripe, other_server: OtherServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request goes straight to Stripe, with our own key."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login wrong password wrong\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    for name in (
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.setenv(name, other_server.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    gateway(stand_in).open(None).payments.create(REQUEST, "k")
    assert other_server.requests == []
    [request] = stand_in.requests
    assert SECRET_KEY in str(request)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(
    stand_in: Stripe, other_server: OtherServer, status: int
) -> None:
    """A redirect is an error, and no request is sent to its target."""
    stand_in.inject(
        *[respond(status, {}, {"Location": f"{other_server.url}/v1/payment_intents"})] * 5
    )
    stripe = gateway(stand_in).open(None)
    with pytest.raises(StripeFailure):
        stripe.payments.create(REQUEST, "k")
    assert other_server.requests == []


def test_a_response_that_is_too_large_is_an_error(stand_in: Stripe) -> None:
    """Nothing is read beyond the size limit, whatever Content-Length announces."""
    stand_in.inject(*[respond(200, b"[" + b"0," * 8 * 1024 * 1024)] * 5)
    stripe = gateway(stand_in).open(None)
    with pytest.raises(StripeUnavailable):
        stripe.payments.create(REQUEST, "k")


def test_a_callers_url_is_passed_on_and_never_requested(
    stand_in: Stripe, other_server: OtherServer
) -> None:
    """The URLs of a checkout go to Stripe; only a browser requests them."""
    request = CreatePayment.from_fields(
        {
            "amount": 2000,
            "currency": "eur",
            "reference": "b-1",
            "flow": "checkout",
            "success_url": f"{other_server.url}/ok",
            "cancel_url": f"{other_server.url}/no",
        }
    )
    gateway(stand_in).open(None).payments.create(request, "k")
    assert other_server.requests == []
