"""`paycli dispute evidence`."""

from pathlib import Path
from typing import Annotated

import typer

from paycli.cli.confirmation import NOT_CONFIRMED, Yes, confirm, require_terminal
from paycli.cli.dispute.get import DisputeId
from paycli.cli.dispute.preview import describe, evidence_table
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
from paycli.cli.personal_data import read_personal_data
from paycli.cli.settings_options import with_settings
from paycli.settings import StripeSettings


@exits({NOT_CONFIRMED: "not confirmed: nothing was submitted"}, 3, 4)
@with_settings
@prints_result
def evidence(
    dispute_id: DisputeId,
    *,
    submit: Annotated[
        bool | None,
        typer.Option(
            "--submit/--stage",
            help="Submit to the bank, which is final; or stage, so that it can still be changed. "
            "One of the two is required.",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help='JSON file with texts, such as {"uncategorized_text": "…"}, by the names of '
            "Stripe's evidence fields; - for standard input.",
            show_default=False,
        ),
    ] = None,
    yes: Yes = False,
    account: Account = None,
    idempotency_key: IdempotencyKey = None,
    live: Live = False,
    stripe: StripeSettings,
) -> CommandResult:
    """Stage evidence for a dispute, or submit it with what was staged before.

    Before it submits, it prints the dispute and the fields, and asks for confirmation. Only then,
    on a terminal, it shows the beginning of each text. Evidence can be submitted once.

    Examples:
        paycli dispute evidence du_1MtJUT2eZvKYlo2CNaw2HvEv --stage --file evidence.json
        paycli dispute evidence du_1MtJUT2eZvKYlo2CNaw2HvEv --submit
    """
    if submit is None:
        raise typer.BadParameter("pass either --stage or --submit, which is final")
    require_live_flag(stripe, live=live)
    if submit:
        require_terminal(file, yes=yes)
    from paycli import bootstrap  # the SDK
    from paycli.models import Evidence, RespondToDispute

    texts = read_personal_data(file, tuple(Evidence.model_fields))
    request = RespondToDispute.from_fields(
        {"submit": submit, "evidence": texts, "account": account}
    )
    disputes = bootstrap.use_cases(stripe).disputes
    if submit:
        dispute = disputes.get(dispute_id, request.account)
        print_message(describe(dispute))
        table = evidence_table(dispute, request.evidence.texts, with_values=not yes)
        print_message(table.rstrip("\n") or "there is no evidence")
        question = "This is final: evidence can be submitted once. Submit it to the bank?"
        confirm(question, "nothing was submitted", yes=yes)
    key = key_or_new(idempotency_key)
    return result_of_write(disputes.respond(dispute_id, request, key))
