"""Nothing in the environment, and nothing that Stripe answers, leads the key anywhere else."""

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

WANTED = CreatePayment.from_fields({"amount": 2000, "currency": "eur"})


class Elsewhere:
    """A server that must never be asked; keeps what it is asked all the same."""

    def __init__(self) -> None:
        asked = self.asked = list[str]()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_anything(self) -> None:
                asked.append(f"{self.requestline}\n{self.headers}")
                self.send_response(200)
                self.end_headers()

            do_GET = do_POST = do_CONNECT = do_anything  # noqa: N815  (names of the standard library)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Give a server that must never be asked."""
    server = Elsewhere()
    yield server
    server.stop()


def gateway(stripe: Stripe) -> StripeGateway:
    """A gateway to the stand-in."""
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
    stand_in: Stripe, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
        monkeypatch.setenv(name, elsewhere.url)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    gateway(stand_in).open(None).payments.create(WANTED, "k")
    assert elsewhere.asked == []
    [request] = stand_in.requests
    assert SECRET_KEY in str(request)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(stand_in: Stripe, elsewhere: Elsewhere, status: int) -> None:
    """An answer that leads elsewhere is not understood, and nobody is asked there."""
    stand_in.inject(*[respond(status, {}, {"Location": f"{elsewhere.url}/v1/payment_intents"})] * 5)
    stripe = gateway(stand_in).open(None)
    with pytest.raises(StripeFailure):
        stripe.payments.create(WANTED, "k")
    assert elsewhere.asked == []


def test_an_answer_without_end_is_given_up(stand_in: Stripe) -> None:
    """Beyond the limit of an answer's size nothing more is read, whatever length it has told."""
    stand_in.inject(*[respond(200, b"[" + b"0," * 8 * 1024 * 1024)] * 5)
    stripe = gateway(stand_in).open(None)
    with pytest.raises(StripeUnavailable):
        stripe.payments.create(WANTED, "k")


def test_an_address_that_a_caller_gives_is_passed_on_and_never_asked(
    stand_in: Stripe, elsewhere: Elsewhere
) -> None:
    """Where checkout leads is Stripe's and the browser's affair."""
    wanted = CreatePayment.from_fields(
        {
            "amount": 2000,
            "currency": "eur",
            "reference": "b-1",
            "flow": "checkout",
            "success_url": f"{elsewhere.url}/ok",
            "cancel_url": f"{elsewhere.url}/no",
        }
    )
    gateway(stand_in).open(None).payments.create(wanted, "k")
    assert elsewhere.asked == []
