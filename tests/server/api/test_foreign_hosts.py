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

    def write(
        self, caller: str, path: str, body: Mapping[str, object], method: str = "POST"
    ) -> falcon.testing.Result:
        """Send a request below `/api/v1/`."""
        headers = {"Authorization": f"Bearer {caller}-token", "Idempotency-Key": uuid.uuid4().hex}
        return self._client.simulate_request(
            method, f"/api/v1/{path}", json=dict(body), headers=headers
        )

    def made(self, **fields: object) -> str:
        """Return the id of a payment that another caller made."""
        created = self.write("all", "payments", {**PAYMENT, **fields})
        assert created.status_code == 201, created.text
        return str(created.json["id"])

    def paid(self, **fields: object) -> str:
        """Return the id of a payment that another caller made, and a guest paid."""
        payment = self.made(**fields)
        form = {"payment_method": "pm_card_visa", "return_url": "https://shop.test/back"}
        account = {"Stripe-Account": str(fields["account"])} if "account" in fields else {}
        confirm = f"/v1/payment_intents/{payment}/confirm"
        paid = self.stripe.call("POST", confirm, form, headers=account)
        assert paid.status == 200, paid
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


HELD = {"capture_method": "manual", "hold": {"incremental": True}}
SHARED: dict[str, object] = {"destination": HOST, "application_fee": 100}


@pytest.mark.parametrize(("accounts", "allowed"), [({"self"}, False), ({"self", HOST}, True)])
def test_only_payments_to_own_hosts_are_changed(
    stripe: Stripe, accounts: set[str], *, allowed: bool
) -> None:
    """Whoever decides about the amount, the fee or the capture decides about the host's share."""
    callers = Callers(stripe, accounts)
    writes: list[tuple[str, str, Mapping[str, object]]] = [
        ("PATCH", "", {"metadata": {"room": "7"}}),
        ("POST", "/increment", {"amount": 2500}),
        ("POST", "/capture", {"application_fee": 1900}),
        ("POST", "/cancel", {}),
        ("POST", "/capture", {}),
    ]
    for method, path, body in writes:
        payment = callers.paid(**SHARED, **HELD)
        result = callers.write("limited", f"payments/{payment}{path}", body, method)
        if allowed:
            assert result.status_code == 200, (path, result.text)
        else:
            assert (result.status_code, result.json["code"]) == (403, "account_not_allowed"), path
            # The control: the same request of a caller without limits.
            assert (
                callers.write("all", f"payments/{payment}{path}", body, method).status_code == 200
            )
    unpaid = callers.made(**SHARED)
    lowered = callers.write("limited", f"payments/{unpaid}", {"amount": 150}, "PATCH")
    assert lowered.status_code == (200 if allowed else 403), lowered.text


@pytest.mark.parametrize(("accounts", "allowed"), [({HOST}, False), ({"self", HOST}, True)])
def test_only_callers_of_our_own_account_take_from_our_fee(
    stripe: Stripe, accounts: set[str], *, allowed: bool
) -> None:
    """The fee of a payment in a connected account is ours: it is lowered or refunded by our own."""
    callers = Callers(stripe, accounts)
    in_host: dict[str, object] = {"account": HOST, "application_fee": 500}
    payment = callers.paid(**in_host)
    refund = {"account": HOST, "amount": 400, "refund_application_fee": True}
    taken = callers.write("limited", f"payments/{payment}/refunds", refund)
    assert taken.status_code == (201 if allowed else 403), taken.text
    kept = {**refund, "refund_application_fee": False}
    assert callers.write("limited", f"payments/{payment}/refunds", kept).status_code == 201
    for fee, status in ((499, 200 if allowed else 403), (500, 200), (501, 200)):
        held = callers.paid(**in_host, **HELD)
        capture = {"account": HOST, "application_fee": fee}
        result = callers.write("limited", f"payments/{held}/capture", capture)
        assert result.status_code == status, (fee, result.text)
