"""`paycli dispute accept`."""

from paycli.cli.confirmation import NOT_CONFIRMED, Yes, confirm, require_terminal
from paycli.cli.dispute.get import DisputeId
from paycli.cli.dispute.preview import describe
from paycli.cli.exit_codes import exits
from paycli.cli.mutations import (
    IdempotencyKey,
    Live,
    key_or_new,
    require_live_flag,
    result_of_write,
)
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, print_message, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import format_amount
from paycli.settings import StripeSettings


@exits({NOT_CONFIRMED: "not confirmed: nothing was changed"}, 3, 4)
@with_settings
@prints_result
def accept(
    dispute_id: DisputeId,
    *,
    yes: Yes = False,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Accept a dispute without a response: it is lost, which cannot be undone.

    Before that, it prints the dispute and its amount, and asks for confirmation.

    Examples:
        paycli dispute accept du_1MtJUT2eZvKYlo2CNaw2HvEv
    """
    require_live_flag(stripe, live=live)
    require_terminal(yes=yes)
    from paycli import bootstrap  # the SDK
    from paycli.models import AcceptDispute

    request = AcceptDispute.from_fields({"account": account})
    disputes = bootstrap.use_cases(stripe).disputes
    dispute = disputes.get(dispute_id, request.account)
    print_message(describe(dispute))
    amount = format_amount(dispute.amount, dispute.currency)
    lost = "the inquiry is closed" if dispute.status.startswith("warning") else f"{amount} is lost"
    question = f"This is final: {lost}. Accept the dispute?"
    confirm(question, "nothing was changed", yes=yes)
    key = key_or_new(idempotency_key)
    return result_of_write(disputes.accept(dispute_id, request, key))
