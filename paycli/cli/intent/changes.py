"""`paycli intent update`, `capture`, `cancel` and `refund`."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from paycli.cli import output, writing
from paycli.cli.explained import exits
from paycli.cli.intent.reads import PaymentId
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

if TYPE_CHECKING:
    from paycli.models import CapturePayment, RefundPayment
    from paycli.payments.payments import Payments

Part = TypeVar("Part", "CapturePayment", "RefundPayment")

Amount = Annotated[
    str | None,
    typer.Option(help="A part, as people write it: 10.99 (eur), 500 (jpy). Else all of it."),
]


@exits(3, 4)
@with_settings
def update(
    payment_id: PaymentId,
    *,
    description: Annotated[
        str | None, typer.Option(help="Another description; an empty one takes it away.")
    ] = None,
    metadata: Annotated[
        list[str] | None,
        typer.Option("--metadata", help="KEY=VALUE; KEY= takes it away; may be repeated."),
    ] = None,
    account: writing.Account = None,
    idempotency_key: writing.Key = None,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Changes a payment's description and metadata; what is not named stays.

    Examples:
        paycli intent update pi_3MtwBwLkdIwHu7ix28a3tqPa --metadata room=14
    """
    format_ = output.chosen(how, json)
    fields: dict[str, object] = {"account": account}
    if description is not None:
        fields["description"] = description
    if metadata:
        fields["metadata"] = dict(writing.key_and_value(item) for item in metadata)
    writing.check_consent(stripe, live)
    from paycli import bootstrap  # the SDK
    from paycli.models import UpdatePayment

    wanted = UpdatePayment.from_fields(fields)
    key = writing.given_or_made(idempotency_key)
    writing.show(bootstrap.payments(stripe).update(payment_id, wanted, key), format_)


@exits(3, 4)
@with_settings
def capture(
    payment_id: PaymentId,
    *,
    amount: Amount = None,
    amount_minor: writing.AmountMinor = None,
    account: writing.Account = None,
    idempotency_key: writing.Key = None,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Takes money that is reserved (capture_method manual); what is not taken is released.

    Examples:
        paycli intent capture pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 15.00
    """
    format_ = output.chosen(how, json)
    writing.check_consent(stripe, live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CapturePayment

    payments = bootstrap.payments(stripe)
    wanted = CapturePayment.from_fields({"account": account, "amount": amount_minor})
    wanted = _with_part(wanted, payments, payment_id, amount)
    key = writing.given_or_made(idempotency_key)
    writing.show(payments.capture(payment_id, wanted, key), format_)


@exits(3, 4)
@with_settings
def cancel(
    payment_id: PaymentId,
    *,
    reason: Annotated[
        Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None,
        typer.Option(help="Kept with the payment."),
    ] = None,
    account: writing.Account = None,
    idempotency_key: writing.Key = None,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Ends a payment that has not succeeded; an open checkout is expired.

    Examples:
        paycli intent cancel pi_3MtwBwLkdIwHu7ix28a3tqPa --reason abandoned
    """
    format_ = output.chosen(how, json)
    writing.check_consent(stripe, live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CancelPayment

    wanted = CancelPayment.from_fields({"account": account, "reason": reason})
    key = writing.given_or_made(idempotency_key)
    writing.show(bootstrap.payments(stripe).cancel(payment_id, wanted, key), format_)


@exits(3, 4)
@with_settings
def refund(
    payment_id: PaymentId,
    *,
    amount: Amount = None,
    amount_minor: writing.AmountMinor = None,
    reason: Annotated[
        Literal["duplicate", "fraudulent", "requested_by_customer"] | None,
        typer.Option(help="Kept with the refund; fraudulent also blocks the card."),
    ] = None,
    account: writing.Account = None,
    idempotency_key: writing.Key = None,
    live: writing.Live = False,
    how: output.Output = None,
    json: output.Json = False,
    stripe: StripeSettings,
) -> None:
    """Gives money back: all that is left, or a part.

    Examples:
        paycli intent refund pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 5.00
    """
    format_ = output.chosen(how, json)
    writing.check_consent(stripe, live)
    from paycli import bootstrap  # the SDK
    from paycli.models import RefundPayment

    payments = bootstrap.payments(stripe)
    wanted = RefundPayment.from_fields(
        {"account": account, "amount": amount_minor, "reason": reason}
    )
    wanted = _with_part(wanted, payments, payment_id, amount)
    key = writing.given_or_made(idempotency_key)
    writing.show(bootstrap.refunds(stripe).create(payment_id, wanted, key), format_)


def _with_part(wanted: Part, payments: "Payments", payment_id: str, amount: str | None) -> Part:
    """The same for an amount as people write it, which only the payment's currency explains."""
    if amount is None:
        return wanted
    if wanted.amount is not None:
        raise typer.BadParameter("give either --amount 20.00 or --amount-minor 2000")
    currency = payments.get(payment_id, wanted.account).currency
    if currency is None:
        raise typer.BadParameter(f"{payment_id} takes no payment: there is no amount")
    return wanted.model_copy(update={"amount": writing.in_stripes_unit(amount, currency)})
