"""`paycli webhook sign`: the header that Stripe would send."""

import sys

from paycli import signature
from paycli.cli import output
from paycli.cli.settings_options import with_settings
from paycli.cli.webhook.payload import At, Payload, now, read
from paycli.settings import WebhookSettings


@with_settings
def sign(
    payload: Payload,
    *,
    at: At = None,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
) -> None:
    """Prints the header that Stripe would send with a body, signed with the first secret.

    Example: curl -H "Stripe-Signature: $(paycli webhook sign body.json)" --data-binary @body.json …
    """
    format_ = output.chosen(how, json)
    header = signature.sign(read(payload), webhook.secret_values()[0], int(now(at)))
    if format_ is output.Format.TABLE:
        sys.stdout.write(header + "\n")  # bare, for $(…)
    else:
        output.print_one({"signature": header}, format_)
