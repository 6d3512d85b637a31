"""Stripe's published examples, with the fields that are not played here left blank."""

from paycli.sandbox import fixtures

Json = dict[str, object]


def example(name: str, **changes: object) -> Json:
    """A fresh copy of the example object, such as `payment_intent`, with these fields changed."""
    return {**fixtures.load(name), **changes}
