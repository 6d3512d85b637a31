"""Payment methods of customers: attaching, detaching, and which of them can be used.

https://docs.stripe.com/api/payment_methods/attach, https://docs.stripe.com/api/payment_methods/detach
"""

from paycli.sandbox.standin.api.errors import StripeErrorResponse, invalid_param, no_such_reference
from paycli.sandbox.standin.resources.payment_objects import (
    CustomerState,
    Intent,
    PaymentIntentState,
    PaymentMethodState,
)
from paycli.sandbox.standin.store.objects import NO_REQUEST, Json, RequestOrigin, Scope
from paycli.sandbox.standin.store.rendering import as_json
from paycli.sandbox.standin.store.store import Store


def attach(
    store: Store,
    method: PaymentMethodState,
    customer_id: str,
    origin: RequestOrigin,
    *,
    subject: str | None = None,
) -> None:
    """Attaches a method that is attached to no customer; `subject` is the payment that saves it."""
    assert method.customer is None
    method.customer = customer_id
    method.mark_changed()
    store.emit("payment_method.attached", method, origin, subject=subject)


def save(
    store: Store,
    intent: Intent,
    method: PaymentMethodState,
    origin: RequestOrigin,
    *,
    off_session: bool,
) -> None:
    """Sets a method up for later payments, and attaches it to the intent's customer.

    Without a customer it can be attached afterwards.
    """
    method.set_up = method.set_up or off_session
    if intent.customer is not None and method.customer is None:
        attach(store, method, intent.customer, origin, subject=intent.id)


def detach(store: Store, method: PaymentMethodState, origin: RequestOrigin = NO_REQUEST) -> None:
    """Detaches a method from its customer; it can never be used again."""
    previous = {"customer": method.customer}
    method.customer = None
    method.spent = True
    method.mark_changed()
    store.emit("payment_method.detached", method, origin, previous=previous)


def attached_to(store: Store, customer: CustomerState) -> list[PaymentMethodState]:
    """The customer's methods, newest first."""
    return [
        method
        for method in store.newest_first(PaymentMethodState)
        if method.customer == customer.id and method.scope == customer.scope
    ]


def existing_customer(store: Store, scope: Scope, customer_id: str) -> CustomerState:
    """The customer with an id that is not in the path.

    Raises:
        StripeErrorResponse: it does not exist, or is deleted.
    """
    customer = store.find(CustomerState, customer_id, scope)
    if customer is None or customer.deleted:
        raise no_such_reference("customer", customer_id, "customer")
    return customer


def check_usable(
    store: Store, intent: Intent, method: PaymentMethodState, customer_id: str | None
) -> None:
    """Checks that an intent of a customer can use a method; errors have the intent, once stored.

    Raises:
        StripeErrorResponse: the customer is deleted; or the method can never be used again, or is
            attached to another customer.
    """
    if customer_id is not None:
        existing_customer(store, intent.scope, customer_id)
    known = intent.id in store.objects
    extra: Json = {intent.TYPE: as_json(intent)} if known else {}

    def refused(message: str, code: str | None = None, param: str | None = None) -> Exception:
        return StripeErrorResponse(message, code=code, param=param, stored=known, extra=extra)

    if method.spent:
        raise refused(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
            "times, you must attach it to a Customer first."
        )
    if method.customer in (None, customer_id):
        return
    if customer_id is not None:
        raise refused(
            f"The PaymentMethod {method.id} does not belong to the Customer you supplied "
            f"{customer_id}. Please use this PaymentMethod with the Customer that it belongs to "
            "instead.",
            param="payment_method",
        )
    owner = (
        f"belongs to the Customer {method.customer}. Please include the Customer in the `customer` "
        f"parameter on the {intent.NAME}."
    )
    if isinstance(intent, PaymentIntentState):
        message = f"The `payment_method` parameter supplied {method.id} {owner}"
        raise refused(message, "parameter_missing", "source")
    raise refused(f"The payment method supplied ({method.id}) {owner}", param="payment_method")


def check_attachable(method: PaymentMethodState) -> None:
    """Checks that a method can be attached to a customer.

    Raises:
        StripeErrorResponse: it can never be used again, is attached already, or the card is
            declined, 402.
    """
    if method.spent:
        raise StripeErrorResponse(
            "This PaymentMethod was previously used without being attached to a Customer or was "
            "detached from a Customer, and may not be used again."
        )
    if method.customer is not None:
        message = "The payment method you provided has already been attached to a customer."
        raise invalid_param("payment_method", message)
    if decline := method.test.setup_decline:
        raise StripeErrorResponse(
            decline.message,
            status=402,
            error_type="card_error",
            code=decline.code,
            stored=True,
            extra={"decline_code": decline.decline_code} if decline.decline_code else None,
        )
