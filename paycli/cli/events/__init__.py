"""`paycli events`: what is on the topic, what is missing from it, and how it is put right."""

import typer

from paycli.cli.events.backfill import backfill
from paycli.cli.events.export import export
from paycli.cli.events.looking import list_, show
from paycli.cli.events.replay import replay
from paycli.cli.events.tail import tail

app = typer.Typer(no_args_is_help=True)
app.command()(tail)
app.command("list")(list_)
app.command()(show)
app.command()(backfill)
app.command()(export)
app.command()(replay)
