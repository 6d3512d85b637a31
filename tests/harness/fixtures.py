"""Complete Stripe objects, with every key that Stripe sends."""

import json
from functools import cache
from importlib import resources
from typing import Any

# Stripe's JSON; its shape is not what these tests check.
Json = Any


@cache
def _text(name: str) -> str:
    return resources.files("paycli.sandbox.fixtures").joinpath(name).read_text("utf-8")


def _load(name: str) -> dict[str, Json]:
    return dict(json.loads(_text(name)))


def payment_intent() -> dict[str, Json]:
    """Return a new copy of a PaymentIntent as it is right after its creation."""
    return _load("payment_intent.json") | {
        "canceled_at": None,
        "last_payment_error": None,
        "next_action": None,
        "payment_method_configuration_details": None,
        "processing": None,
        "shipping": None,
        "transfer_data": None,
    }


def checkout_session() -> dict[str, Json]:
    """Return a new copy of an open Checkout Session."""
    return _load("checkout_session.json") | {"payment_intent": None}
