"""`paycli webhook sign`."""

from typing import Annotated

import typer

from paycli.cli.exit_codes import exits
from paycli.cli.output import CommandResult, TableView, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.webhook.payload import At, parse_at, read_payload
from paycli.settings import WebhookSettings
from paycli.webhooks import signature


@exits(3)
@with_settings
@prints_result
def sign(
    payload: Annotated[
        str, typer.Argument(help="The request body: a file, or - for standard input.")
    ],
    *,
    at: At = None,
    webhook: WebhookSettings,
) -> CommandResult:
    r"""Print the Stripe-Signature header of a payload, signed with the first secret.

    Examples:
        curl http://127.0.0.1:8080/api/v1/stripe/events --data-binary @body.json \
          -H "Stripe-Signature: $(paycli webhook sign body.json)"
    """
    header = signature.sign(read_payload(payload), webhook.secret_values()[0], int(parse_at(at)))
    # The table is the bare header, for $(…).
    return CommandResult({"signature": header}, table=TableView(header + "\n"))
