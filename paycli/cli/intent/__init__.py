"""`paycli intent`: payments at Stripe, through the same use cases as the daemon's routes."""

import typer

from paycli.cli.intent.changes import cancel, capture, refund, update
from paycli.cli.intent.create import create
from paycli.cli.intent.reads import get, list_

app = typer.Typer(no_args_is_help=True)
app.command()(create)
app.command()(get)
app.command("list")(list_)
app.command()(update)
app.command()(capture)
app.command()(cancel)
app.command()(refund)
