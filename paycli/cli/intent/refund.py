"""`paycli intent refund`."""

from typing import Annotated, Literal

import typer

from paycli.cli.amounts import AmountMinor, PartialAmount, payment_amounts
from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    Metadata,
    key_or_new,
    parse_metadata,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account, PaymentId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.errors import FieldsInvalid
from paycli.settings import StripeSettings

_CHOICES = {
    "reverse_transfer": "--reverse-transfer or --keep-transfer",
    "refund_application_fee": "--refund-application-fee or --keep-application-fee",
}
"""The flags that a payment with a share of the amount requires, by their field of the request."""


@exits(3, 4)
@with_settings
@prints_result
def refund(
    payment_id: PaymentId,
    *,
    amount: PartialAmount = None,
    amount_minor: AmountMinor = None,
    reason: Annotated[
        Literal["duplicate", "fraudulent", "requested_by_customer"] | None,
        typer.Option(help="Reason, stored with the refund; fraudulent also blocks the card."),
    ] = None,
    reverse_transfer: Annotated[
        bool | None,
        typer.Option(
            "--reverse-transfer/--keep-transfer",
            help="Whether the connected account gives back its share. Required if the payment has "
            "a destination.",
        ),
    ] = None,
    refund_application_fee: Annotated[
        bool | None,
        typer.Option(
            "--refund-application-fee/--keep-application-fee",
            help="Whether the platform gives back its cut. Required if the payment has an "
            "application fee.",
        ),
    ] = None,
    metadata: Metadata = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Refund a payment, in full or in part.

    Examples:
        paycli intent refund pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 5.00
        paycli intent refund pi_3MtwBwLkdIwHu7ix28a3tqPa --reverse-transfer --keep-application-fee
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import RefundPayment

    payments = bootstrap.use_cases(stripe).payments
    request = RefundPayment.from_fields(
        {
            "account": account,
            "reason": reason,
            "reverse_transfer": reverse_transfer,
            "refund_application_fee": refund_application_fee,
            "metadata": parse_metadata(metadata),
            **payment_amounts(payments, payment_id, account, amount=(amount, amount_minor)),
        }
    )
    key = key_or_new(idempotency_key)
    try:
        write = bootstrap.use_cases(stripe).refunds.create(payment_id, request, key)
    except FieldsInvalid as error:
        pointers = {problem.where for problem in error.problems}
        missing = [
            flags
            for name, flags in _CHOICES.items()
            if f"#/{name}" in pointers and getattr(request, name) is None
        ]
        if not missing:
            raise
        raise typer.BadParameter(f"pass {', and '.join(missing)}: {error.detail}") from None
    return result_of_write(write)
