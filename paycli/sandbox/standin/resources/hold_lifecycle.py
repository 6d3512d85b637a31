"""Changes of a hold before its capture: it is increased, or it ends.

https://docs.stripe.com/payments/incremental-authorization,
https://docs.stripe.com/payments/place-a-hold-on-a-payment-method
"""

from paycli.sandbox.standin.api.call import ApiCall
from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.resources import payment_lifecycle
from paycli.sandbox.standin.resources.payment_objects import PaymentIntentState
from paycli.sandbox.standin.store.objects import NO_REQUEST, RequestOrigin
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store


def find_intent(call: ApiCall) -> PaymentIntentState:
    """The PaymentIntent in the path, its hold ended if it is due. Raises StripeErrorResponse."""
    intent = call.find(PaymentIntentState)
    end_if_due(call.store, intent)
    return intent


def end_all_due(store: Store) -> None:
    """Ends every hold that is due."""
    # All of them first: ending one adds events to the store.
    for intent in list(store.newest_first(PaymentIntentState)):
        end_if_due(store, intent)


def end_if_due(store: Store, intent: PaymentIntentState) -> None:
    """Cancels an uncaptured payment whose hold has ended; one captured in part has succeeded.

    https://docs.stripe.com/payments/multicapture#final-capture
    """
    charge = intent.latest_charge
    if intent.status != "requires_capture" or charge is None or charge.capture_before is None:
        return
    if store.now() < charge.capture_before:
        return
    if intent.amount_received:
        payment_lifecycle.capture(store, intent, 0, NO_REQUEST)
        return
    store.emit("charge.expired", charge, subject=intent.id)
    payment_lifecycle.cancel(store, intent, "automatic", NO_REQUEST)


def increment(store: Store, intent: PaymentIntentState, amount: int, origin: RequestOrigin) -> None:
    """Increases the authorized amount to `amount`.

    Raises:
        StripeErrorResponse: the card was declined, 402. Nothing else has changed.
    """
    charge = intent.latest_charge
    assert charge is not None
    intent.increments += 1
    if decline := charge.method.test.increment_decline:
        raise StripeErrorResponse(
            decline.message,
            status=402,
            error_type="card_error",
            code=decline.code,
            stored=True,
            extra={
                "charge": charge.id,
                "decline_code": decline.decline_code,
                "payment_intent": as_json(intent),
            },
        )
    before = {"amount": intent.amount, "amount_capturable": intent.amount_capturable}
    intent.amount = charge.amount = amount
    intent.amount_capturable = amount - intent.amount_received
    intent.mark_changed()
    charge.mark_changed()
    store.emit(
        "charge.updated", charge, origin, subject=intent.id, previous={"amount": before["amount"]}
    )
    event_type = "payment_intent.amount_capturable_updated"
    store.emit(event_type, intent, origin, previous=before)
