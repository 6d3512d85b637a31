"""A limited caller takes no money from hosts that it may not act for, by the id of an object."""

import uuid
from collections.abc import Iterator, Mapping

import falcon.testing
import pytest

from harness.in_process import StripeBackend, services_over
from harness.stripe import Stripe
from paycli.permissions import Permissions
from server.app import create_app
from server.metrics import Metrics

HOST = "acct_1host"
PAYMENT: dict[str, object] = {"amount": 2000, "currency": "eur"}


class Callers:
    """An application over a stand-in, for a caller that may do all and one that is limited."""

    def __init__(self, stripe: Stripe, accounts: set[str]) -> None:
        self.stripe = stripe
        services = services_over(
            StripeBackend(stripe.url),
            callers={"all-token": "all", "limited-token": "limited"},
            permissions={"limited": Permissions(accounts=frozenset(accounts))},
        )
        app = create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=65_536)
        self._client = falcon.testing.TestClient(app)

    def write(self, caller: str, path: str, body: Mapping[str, object]) -> falcon.testing.Result:
        """Send a POST request below `/api/v1/`."""
        headers = {"Authorization": f"Bearer {caller}-token", "Idempotency-Key": uuid.uuid4().hex}
        return self._client.simulate_post(f"/api/v1/{path}", json=dict(body), headers=headers)

    def paid(self, **fields: object) -> str:
        """Return the id of a payment that another caller made, and a guest paid."""
        payment = str(self.write("all", "payments", {**PAYMENT, **fields}).json["id"])
        assert self.stripe.pay(payment).status == 200
        return payment


@pytest.fixture(scope="module")
def stripe() -> Iterator[Stripe]:
    """Give a stand-in."""
    with Stripe() as stripe:
        yield stripe


@pytest.mark.parametrize(("accounts", "status"), [({"self"}, 403), ({"self", HOST}, 201)])
def test_only_transfers_to_own_hosts_are_reversed(
    stripe: Stripe, accounts: set[str], status: int
) -> None:
    """The destination counts on the way back as it does on the way out."""
    callers = Callers(stripe, accounts)
    sent = {"destination": HOST, "amount": 500}
    made = callers.write("all", f"payments/{callers.paid()}/transfers", sent)
    assert made.status_code == 201, made.text
    reversal = callers.write("limited", f"transfers/{made.json['id']}/reversals", {})
    assert reversal.status_code == status, reversal.text


@pytest.mark.parametrize(("accounts", "status"), [({"self"}, 403), ({"self", HOST}, 201)])
def test_only_own_hosts_pay_for_refunds(stripe: Stripe, accounts: set[str], status: int) -> None:
    """A refund that reverses the transfer needs the destination; one that does not is our own."""
    callers = Callers(stripe, accounts)
    refunds = f"payments/{callers.paid(destination=HOST)}/refunds"
    taken = callers.write("limited", refunds, {"amount": 500, "reverse_transfer": True})
    assert taken.status_code == status, taken.text
    kept = callers.write("limited", refunds, {"amount": 500, "reverse_transfer": False})
    assert kept.status_code == 201, kept.text
