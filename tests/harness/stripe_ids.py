"""Objects at the stand-in, one for each id that a path of the HTTP API can have."""

from .saved_cards import save
from .stripe import Stripe


def existing_ids(stripe: Stripe) -> dict[str, str]:
    """Create the objects; return their ids by the names of the path parameters."""

    def create(path: str, **form: str) -> str:
        created = stripe.call("POST", f"/v1/{path}", form)
        assert created.status == 200, created.json
        return str(created.json["id"])

    money = {"amount": "2000", "currency": "eur"}
    payment, disputed = (create("payment_intents", **money) for _ in range(2))
    charge, _ = (stripe.pay(each).json["latest_charge"] for each in (payment, disputed))
    customer = stripe.customer(name="Anna Example")
    share = {"destination": "acct_1host", "source_transaction": charge, "currency": "eur"}
    return {
        "account_id": "acct_1host",
        "customer_id": customer,
        "payment_method_id": save(stripe, customer),
        "setup_id": create("setup_intents", customer=customer),
        "payment_id": payment,
        "refund_id": create("refunds", payment_intent=payment, amount="100"),
        "transfer_id": create("transfers", amount="700", **share),
        "dispute_id": str(stripe.control("disputes", payment_intent=disputed)["id"]),
        "payout_id": str(stripe.control("payouts", amount=100)["id"]),
    }
