"""`paycli intent`: payments at Stripe, through the same use cases as the HTTP API."""

from paycli.cli.help import PaycliTyper
from paycli.cli.intent.cancel import cancel
from paycli.cli.intent.capture import capture
from paycli.cli.intent.create import create
from paycli.cli.intent.get import get
from paycli.cli.intent.increment import increment
from paycli.cli.intent.list import list_
from paycli.cli.intent.refund import refund
from paycli.cli.intent.update import update

app = PaycliTyper()
app.add(create)
app.add(get)
app.add(list_, "list")
app.add(update)
app.add(increment)
app.add(capture)
app.add(cancel)
app.add(refund)
