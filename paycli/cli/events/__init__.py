"""`paycli events`: what is on the topic, what is missing from it, and how it is put right."""

from paycli.cli.events.backfill import backfill
from paycli.cli.events.export import export
from paycli.cli.events.looking import list_, show
from paycli.cli.events.replay import replay
from paycli.cli.events.tail import tail
from paycli.cli.explained import Application

app = Application()
app.add(tail)
app.add(list_, "list")
app.add(show)
app.add(backfill)
app.add(export)
app.add(replay)
