"""`paycli webhook`: Stripe's signatures and deliveries, by hand."""

import typer

from paycli.cli.webhook.send import send
from paycli.cli.webhook.sign import sign
from paycli.cli.webhook.verify import verify

app = typer.Typer(no_args_is_help=True)
app.command()(verify)
app.command()(sign)
app.command()(send)
