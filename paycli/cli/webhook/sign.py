"""`paycli webhook sign`: the header that Stripe would send."""

import sys

from paycli.cli import output
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.cli.webhook.payload import At, Payload, now, read
from paycli.settings import WebhookSettings
from paycli.webhooks import signature


@exits(3)
@with_settings
def sign(
    payload: Payload,
    *,
    at: At = None,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
) -> None:
    r"""Prints the header that Stripe would send with a body, signed with the first secret.

    Examples:
        curl http://127.0.0.1:8080/api/v1/stripe/events --data-binary @body.json \
          -H "Stripe-Signature: $(paycli webhook sign body.json)"
    """
    format_ = output.chosen(how, json)
    header = signature.sign(read(payload), webhook.secret_values()[0], int(now(at)))
    if format_ is output.Format.TABLE:
        sys.stdout.write(header + "\n")  # bare, for $(…)
    else:
        output.print_one({"signature": header}, format_)
