"""`paycli customer`: customers at Stripe, through the same use cases as the HTTP API."""

from paycli.cli.customer.create import create
from paycli.cli.customer.delete import delete
from paycli.cli.customer.detach import detach
from paycli.cli.customer.get import get
from paycli.cli.customer.list import list_
from paycli.cli.customer.methods import methods
from paycli.cli.customer.update import update
from paycli.cli.help import PaycliTyper

app = PaycliTyper()
app.add(create)
app.add(get)
app.add(list_, "list")
app.add(update)
app.add(delete)
app.add(methods)
app.add(detach)
