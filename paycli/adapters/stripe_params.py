"""What is wanted, as parameters of Stripe's API."""

from paycli.models import (
    CreatePayment,
    LineItem,
    ListPayments,
    RefundPayment,
    UpdatePayment,
)

Params = dict[str, object]


def intent(wanted: CreatePayment) -> Params:
    """https://docs.stripe.com/api/payment_intents/create."""
    return given(
        amount=wanted.total,
        currency=wanted.currency,
        automatic_payment_methods={"enabled": True},
        capture_method=wanted.capture_method,
        metadata={**wanted.metadata, **_reference(wanted.reference)},
        description=wanted.description,
        customer=wanted.customer,
        receipt_email=wanted.receipt_email,
    )


def session(wanted: CreatePayment) -> Params:
    """https://docs.stripe.com/api/checkout/sessions/create.

    Stripe copies no metadata from a Session to its PaymentIntent, so it is given to both.
    """
    metadata = {**wanted.metadata, **_reference(wanted.reference)}
    whole = LineItem(name=_name(wanted), amount=wanted.total)
    return given(
        mode="payment",
        line_items=[_line(item, wanted.currency) for item in wanted.line_items or [whole]],
        success_url=wanted.success_url,
        cancel_url=wanted.cancel_url,
        client_reference_id=wanted.reference,
        customer=wanted.customer,
        customer_email=None if wanted.customer else wanted.receipt_email,
        metadata=metadata,
        payment_intent_data=given(
            metadata=metadata,
            capture_method=wanted.capture_method,
            description=wanted.description,
            receipt_email=wanted.receipt_email,
        ),
    )


def changes(wanted: UpdatePayment) -> Params:
    """https://docs.stripe.com/api/payment_intents/update; an empty text takes a value away."""
    params: Params = {}
    if "description" in wanted.model_fields_set:
        params["description"] = wanted.description or ""
    if wanted.metadata:
        params["metadata"] = {key: value or "" for key, value in wanted.metadata.items()}
    return params


def refund(payment_id: str, wanted: RefundPayment, reference: str | None) -> Params:
    """https://docs.stripe.com/api/refunds/create."""
    return given(
        payment_intent=payment_id,
        amount=wanted.amount,
        reason=wanted.reason,
        metadata=_reference(reference) or None,
    )


def payment_list(wanted: ListPayments, position: str | None) -> Params:
    """https://docs.stripe.com/api/payment_intents/list."""
    created = given(gte=_unix(wanted, "created_from"), lt=_unix(wanted, "created_to"))
    return given(limit=wanted.limit, created=created or None, starting_after=position)


def payment_search(wanted: ListPayments, position: str | None) -> Params:
    """https://docs.stripe.com/search#search-query-language."""
    conditions = [
        None if wanted.reference is None else f"metadata['reference']:{_quoted(wanted.reference)}",
        None if wanted.status is None else f"status:{_quoted(wanted.status)}",
        None if wanted.created_from is None else f"created>={_unix(wanted, 'created_from')}",
        None if wanted.created_to is None else f"created<{_unix(wanted, 'created_to')}",
    ]
    query = " AND ".join(condition for condition in conditions if condition)
    return given(query=query, limit=wanted.limit, page=position)


def given(**params: object) -> Params:
    """The parameters that have a value."""
    return {name: value for name, value in params.items() if value is not None}


def _name(wanted: CreatePayment) -> str:
    return wanted.description or wanted.reference or ""


def _line(item: LineItem, currency: str) -> Params:
    price = {
        "currency": currency,
        "unit_amount": item.amount,
        "product_data": {"name": item.name},
    }
    return {"quantity": item.quantity, "price_data": price}


def _reference(reference: str | None) -> dict[str, str]:
    return {} if reference is None else {"reference": reference}


def _quoted(text: str) -> str:
    """A text of a query, so that no text ends it and adds conditions of its own."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _unix(wanted: ListPayments, name: str) -> int | None:
    moment = getattr(wanted, name)
    return None if moment is None else int(moment.timestamp())
