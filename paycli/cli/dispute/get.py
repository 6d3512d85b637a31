"""`paycli dispute get`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.options import Account
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings

DisputeId = Annotated[str, typer.Argument(help="The dispute: du_… or dp_…")]


@exits(3, 4)
@with_settings
@prints_result
def get(dispute_id: DisputeId, *, account: Account = None, stripe: StripeSettings) -> CommandResult:
    """Show a dispute in its current state at Stripe, with the names of its evidence fields.

    Examples:
        paycli dispute get du_1MtJUT2eZvKYlo2CNaw2HvEv
    """
    from paycli import bootstrap  # the SDK
    from paycli.models import RequestModel

    request = RequestModel.from_fields({"account": account})
    dispute = bootstrap.use_cases(stripe).disputes.get(dispute_id, request.account)
    return CommandResult(dispute.model_dump(mode="json"))
