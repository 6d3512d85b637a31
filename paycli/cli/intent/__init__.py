"""`paycli intent`: payments at Stripe, through the same use cases as the daemon's routes."""

from paycli.cli.explained import Application
from paycli.cli.intent.changes import cancel, capture, refund, update
from paycli.cli.intent.create import create
from paycli.cli.intent.reads import get, list_

app = Application()
app.add(create)
app.add(get)
app.add(list_, "list")
app.add(update)
app.add(capture)
app.add(cancel)
app.add(refund)
