"""`paycli events`: published events, and how missing ones are published."""

from paycli.cli.events.backfill import backfill
from paycli.cli.events.export import export
from paycli.cli.events.list import list_
from paycli.cli.events.replay import replay
from paycli.cli.events.show import show
from paycli.cli.events.tail import tail
from paycli.cli.help import PaycliTyper

app = PaycliTyper()
app.add(tail)
app.add(list_, "list")
app.add(show)
app.add(backfill)
app.add(export)
app.add(replay)
