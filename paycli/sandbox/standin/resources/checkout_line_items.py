"""The line items of a Checkout Session: https://docs.stripe.com/api/checkout/sessions/line_items."""

from paycli.sandbox.standin.api.errors import invalid_param, missing_param
from paycli.sandbox.standin.api.params import Params
from paycli.sandbox.standin.resources.examples import example
from paycli.sandbox.standin.store.objects import Json
from paycli.sandbox.standin.store.store import Store


def line_items(store: Store, parsed: Params) -> tuple[list[Json], int, str]:
    """The parameter `line_items` as JSON, their total amount and their currency.

    Raises:
        StripeErrorResponse: there are none, or they have several currencies.
    """
    items = [_line_item(store, item) for item in parsed.items("line_items") or ()]
    if not items:
        raise missing_param("line_items")
    currencies = {str(item["currency"]) for item in items}
    if len(currencies) > 1:
        raise invalid_param("line_items", "All line items must be in the same currency.")
    amount = sum(total for item in items if isinstance(total := item["amount_total"], int))
    return items, amount, currencies.pop()


def _line_item(store: Store, item: object) -> Json:
    assert isinstance(item, Params)
    price = item.inner("price_data")
    unit_amount, quantity = price.number("unit_amount") or 0, item.number("quantity") or 1
    currency, product = price.text("currency"), price.inner("product_data")
    example_price = example("item")["price"]
    assert isinstance(example_price, dict)
    fields: Json = {
        "adjustable_quantity": None,
        "amount_subtotal": unit_amount * quantity,
        "amount_total": unit_amount * quantity,
        "currency": currency,
        "description": product.text("name"),
        "id": store.new_id("li_1"),
        "price": {
            **example_price,
            "active": False,
            "created": store.now(),
            "currency": currency,
            "custom_unit_amount": None,
            "id": store.new_id("price_1"),
            "product": store.new_id("prod_"),
            "recurring": None,
            "transform_quantity": None,
            "unit_amount": unit_amount,
            "unit_amount_decimal": str(unit_amount),
        },
        "quantity": quantity,
    }
    return example("item", **fields)
