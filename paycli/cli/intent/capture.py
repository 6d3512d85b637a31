"""`paycli intent capture`."""

from paycli.cli.amounts import (
    AmountMinor,
    ApplicationFee,
    ApplicationFeeMinor,
    PartialAmount,
    minor_field,
    with_partial_amounts,
)
from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    key_or_new,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account, PaymentId
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits(3, 4)
@with_settings
@prints_result
def capture(
    payment_id: PaymentId,
    *,
    amount: PartialAmount = None,
    amount_minor: AmountMinor = None,
    application_fee: ApplicationFee = None,
    application_fee_minor: ApplicationFeeMinor = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Capture a payment that was authorized with capture_method manual.

    A partial capture releases the rest of the authorized amount.

    Examples:
        paycli intent capture pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 15.00
        paycli intent capture pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 15.00 --application-fee 1.50
    """
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import CapturePayment

    payments = bootstrap.use_cases(stripe).payments
    request = CapturePayment.from_fields(
        {
            "account": account,
            **minor_field("amount", amount_minor),
            **minor_field("application_fee", application_fee_minor),
        }
    )
    request = with_partial_amounts(
        request, payments, payment_id, amount=amount, application_fee=application_fee
    )
    key = key_or_new(idempotency_key)
    return result_of_write(payments.capture(payment_id, request, key))
