"""Operations on payments."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, WRITE, Json, Operation

_COLLECTION = "/api/v1/payments"
_PAYMENT = f"{_COLLECTION}/{{payment_id}}"
PAYMENT_ID: Mapping[str, Json] = {
    "payment_id": {
        "description": "The id of a PaymentIntent (`pi_…`) or a Checkout Session (`cs_…`).",
        "schema": {"type": "string", "pattern": "^(pi|cs)_[A-Za-z0-9_]{1,250}$"},
        "example": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    }
}
_EXAMPLE: Json = {
    "id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "status": "requires_payment_method",
    "amount": 2000,
    "currency": "eur",
    "reference": "booking-42",
    "client_secret": "pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH",
    "payment_url": None,
    "livemode": False,
    "created_at": "2026-01-31T12:00:00Z",
    "payment_id": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "description": "Two nights",
    "metadata": {"room": "12"},
    "capture_method": "manual",
    "amount_capturable": 0,
    "amount_received": 0,
    "hold": None,
    "cancellation_reason": None,
    "application_fee": None,
    "destination": None,
    "on_behalf_of": None,
    "transfer_group": None,
    "customer": None,
    "payment_method": None,
}
_HELD: Json = {
    **_EXAMPLE,
    "status": "requires_capture",
    "amount_capturable": 2000,
    "hold": {
        "extended": True,
        "incremental": True,
        "overcapture": False,
        "multicapture": True,
        "maximum_capturable": 2000,
        "capture_before": "2026-03-02T12:00:00Z",
    },
}
_CHARGE: Json = {
    "id": "ch_3MtwBwLkdIwHu7ix28a3tqPa",
    "amount_captured": 2000,
    "amount_refunded": 0,
    "payment_method_type": "card",
    "card": {"brand": "visa", "last4": "4242", "wallet": None},
    "receipt_url": "https://example.com/receipts/payment/CAcaFwoVYWNjdF8xUGdhZlRC",
    "capture_before": None,
    "fee": 88,
    "net": 1912,
    "settlement_currency": "eur",
    "available_on": "2026-02-07T00:00:00Z",
    "disputed": False,
    "failure_code": None,
}

OPERATIONS = (
    Operation(
        id="createPayment",
        tag="payments",
        method="post",
        path=_COLLECTION,
        summary="Create a payment",
        description="Creates a PaymentIntent for your own payment form or, with `flow` "
        "`checkout`, a Checkout Session on a page of Stripe's. Requests with the same "
        "idempotency key and the same `account` create one payment. With `off_session` a saved "
        "payment method is charged without the customer; a refusal is 402 with the `payment_id` of "
        "the payment that it left behind, which the customer can still pay.",
        response=models.Payment,
        status=HTTPStatus.CREATED,
        failures=WRITE,
        body=models.CreatePayment,
        body_required=True,
        scope=ApiScope.PAYMENTS_WRITE,
        links={
            "payment_id": (
                *("getPayment", "updatePayment", "incrementPayment", "capturePayment"),
                *("cancelPayment", "refundPayment", "listRefunds"),
            )
        },
        request_examples={
            "payment_intent": {
                "amount": 2000,
                "currency": "eur",
                "reference": "booking-42",
                "description": "Two nights",
                "metadata": {"room": "12"},
                "capture_method": "manual",
            },
            "off_session": {
                "amount": 8000,
                "currency": "eur",
                "reference": "booking-42",
                "customer": "cus_NffrFeUfNV2Hib",
                "payment_method": "pm_1MtwBwLkdIwHu7ixMQxYzAbC",
                "off_session": True,
            },
            "destination": {
                "amount": 2000,
                "currency": "eur",
                "reference": "booking-42",
                "destination": "acct_1032D82eZvKYlo2C",
                "application_fee": 200,
            },
            "hold": {
                "amount": 2000,
                "currency": "eur",
                "reference": "booking-42",
                "capture_method": "manual",
                "hold": {"extended": True, "incremental": True, "multicapture": True},
                "statement_descriptor_suffix": "BOOKING 42",
            },
            "embedded_checkout": {
                "flow": "checkout",
                "amount": 2000,
                "currency": "eur",
                "reference": "booking-42",
                "ui": "embedded",
                "return_url": "https://example.com/paid?session={CHECKOUT_SESSION_ID}",
                "locale": "de",
                "submit_type": "book",
            },
            "checkout": {
                "flow": "checkout",
                "currency": "eur",
                "line_items": [
                    {"name": "Night in a double room", "quantity": 2, "amount": 900},
                    {"name": "Breakfast", "amount": 200},
                ],
                "reference": "booking-42",
                "success_url": "https://example.com/paid",
                "cancel_url": "https://example.com/back",
            },
        },
        response_example=_EXAMPLE,
    ),
    Operation(
        id="listPayments",
        tag="payments",
        method="get",
        path=_COLLECTION,
        summary="List payments",
        description="Returns payments, newest first. Filtering by `reference` or `status` uses "
        "Stripe's search, whose data can lag by up to a minute. A page can have fewer payments "
        "than `limit`; only the last one can be empty.",
        response=models.PaymentPage,
        failures=(*READ, errors.CursorInvalid),
        query=models.ListPayments,
        scope=ApiScope.PAYMENTS_READ,
        response_example={"data": [{**_EXAMPLE, "client_secret": None}], "next_cursor": None},
    ),
    Operation(
        id="getPayment",
        tag="payments",
        method="get",
        path=_PAYMENT,
        path_parameters=PAYMENT_ID,
        summary="Retrieve a payment",
        description="Returns the payment's current state at Stripe; with `include=charge` also its "
        "latest charge.",
        response=models.PaymentWithCharge,
        failures=(*READ, errors.PaymentNotFound),
        query=models.GetPayment,
        scope=ApiScope.PAYMENTS_READ,
        response_example={
            **_EXAMPLE,
            "status": "succeeded",
            "capture_method": "automatic",
            "amount_received": 2000,
            "charge": _CHARGE,
        },
    ),
    Operation(
        id="updatePayment",
        tag="payments",
        method="patch",
        path=_PAYMENT,
        path_parameters=PAYMENT_ID,
        summary="Update a payment",
        description="Updates the amount, description and metadata; absent fields are left "
        "unchanged. The amount can be changed until the customer pays: if they do so meanwhile, "
        "either the new amount is charged, or Stripe refuses the change with 400. A "
        "Checkout Session has its own metadata, a fixed amount and no description.",
        response=models.Payment,
        failures=(*WRITE, errors.PaymentNotFound),
        body=models.UpdatePayment,
        body_required=True,
        scope=ApiScope.PAYMENTS_WRITE,
        request_examples={
            "metadata": {"metadata": {"room": "14", "bed": None}},
            "amount": {"amount": 2500},
        },
        response_example={**_EXAMPLE, "metadata": {"room": "14"}},
    ),
    Operation(
        id="incrementPayment",
        tag="payments",
        method="post",
        path=f"{_PAYMENT}/increment",
        path_parameters=PAYMENT_ID,
        summary="Increase a hold",
        description="Increases the held amount of a payment whose `hold` is `incremental`, to the "
        "new total `amount`; the time until which it must be captured remains. If the card is "
        "declined, the response is 402 and what was held remains held. Stripe allows ten attempts.",
        response=models.Payment,
        failures=(
            *WRITE,
            errors.PaymentNotFound,
            errors.HoldNotGranted,
            errors.CheckoutWithoutPayment,
        ),
        body=models.IncrementPayment,
        body_required=True,
        scope=ApiScope.PAYMENTS_WRITE,
        request_examples={"total": {"amount": 2500}},
        response_example={**_HELD, "amount": 2500, "amount_capturable": 2500},
    ),
    Operation(
        id="capturePayment",
        tag="payments",
        method="post",
        path=f"{_PAYMENT}/capture",
        path_parameters=PAYMENT_ID,
        summary="Capture a payment",
        description="Captures the authorized amount of a payment with `capture_method` `manual`, "
        "in full or in part. The remaining amount is released, unless `final` is false: then it "
        "remains held for further captures, where `multicapture` was granted. For a Checkout "
        "Session, its PaymentIntent is captured and returned.",
        response=models.Payment,
        failures=(
            *WRITE,
            errors.PaymentNotFound,
            errors.HoldNotGranted,
            errors.CheckoutWithoutPayment,
        ),
        body=models.CapturePayment,
        scope=ApiScope.PAYMENTS_WRITE,
        request_examples={
            "full": {},
            "partial": {"amount": 1500},
            "one_of_several": {"amount": 500, "final": False},
        },
        response_example={
            **_HELD,
            "status": "succeeded",
            "amount_capturable": 0,
            "amount_received": 1500,
        },
    ),
    Operation(
        id="cancelPayment",
        tag="payments",
        method="post",
        path=f"{_PAYMENT}/cancel",
        path_parameters=PAYMENT_ID,
        summary="Cancel a payment",
        description="Cancels a payment that has not succeeded, and releases the amount that is "
        "authorized. An open Checkout Session is expired; for a completed one, its PaymentIntent "
        "is canceled and returned.",
        response=models.Payment,
        failures=(*WRITE, errors.PaymentNotFound, errors.CheckoutWithoutPayment),
        body=models.CancelPayment,
        scope=ApiScope.PAYMENTS_WRITE,
        request_examples={"reason": {"reason": "abandoned"}},
        response_example={**_EXAMPLE, "status": "canceled", "cancellation_reason": "abandoned"},
    ),
)
