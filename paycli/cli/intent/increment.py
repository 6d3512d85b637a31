"""`paycli intent increment`."""

from paycli.cli.amounts import AmountMinor, NewAmount, payment_amounts, require_amount
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
def increment(
    payment_id: PaymentId,
    *,
    amount: NewAmount = None,
    amount_minor: AmountMinor = None,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Increase the held amount of a payment to a new total.

    The hold must be incremental, as intent get shows. If the card is declined, what was held
    remains held.

    Examples:
        paycli intent increment pi_3MtwBwLkdIwHu7ix28a3tqPa --amount 25.00
    """
    require_amount(amount, amount_minor)
    require_live_flag(stripe, live=live)
    from paycli import bootstrap  # the SDK
    from paycli.models import IncrementPayment

    payments = bootstrap.use_cases(stripe).payments
    total = payment_amounts(payments, payment_id, account, amount=(amount, amount_minor))
    request = IncrementPayment.from_fields({"account": account, **total})
    key = key_or_new(idempotency_key)
    return result_of_write(payments.increment(payment_id, request, key))
