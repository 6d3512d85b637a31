"""Payment methods, which are made when they are used: test ones by id, number or token."""

from paycli.sandbox.standin import cards
from paycli.sandbox.standin.call import Call
from paycli.sandbox.standin.refusals import Refusal, invalid, not_found
from paycli.sandbox.standin.resources.payment_objects import PaymentMethodState

BANK_CURRENCY = "usd"


def method_of(call: Call, currency: str) -> PaymentMethodState | None:
    """The payment method that the parameters name, if they do: a test one, or one made before.

    Raises:
        Refusal: there is none such, or it does not fit the currency.
    """
    asked, world = call.params, call.world
    identity = asked.text("payment_method")
    data = asked.inner("payment_method_data").inner("card")
    number = data.text("number")
    if identity and (kept := world.find(PaymentMethodState, identity, call.scope)):
        return kept
    if identity:
        test = cards.by_id(identity)
        if test is None:
            raise not_found("PaymentMethodState", identity, "payment_method")
    elif number:
        test = cards.by_number(number)
        if test is None:
            message = "Your card was declined: only Stripe's test cards are played here."
            more = {"decline_code": "test_mode_live_card"}
            raise Refusal(message, status=402, kind="card_error", code="card_declined", more=more)
    elif token := data.text("token"):
        test = cards.by_id(token.replace("tok_", "pm_card_", 1))
        if test is None:
            raise not_found("token", token, "payment_method_data[card][token]")
    else:
        return None
    if test.kind != "card" and currency != BANK_CURRENCY:
        raise invalid("payment_method", f"A bank debit needs the currency {BANK_CURRENCY}.")
    return world.keep(
        PaymentMethodState(
            id=world.id("pm_1"),
            scope=call.scope,
            created=world.now(),
            number=world.next_number(),
            test=test,
        )
    )
