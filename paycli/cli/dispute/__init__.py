"""`paycli dispute`: disputes at Stripe, through the same use cases as the HTTP API."""

from paycli.cli.dispute.accept import accept
from paycli.cli.dispute.evidence import evidence
from paycli.cli.dispute.get import get
from paycli.cli.dispute.list import list_
from paycli.cli.help import PaycliTyper

app = PaycliTyper()
app.add(list_, "list")
app.add(get)
app.add(evidence)
app.add(accept)
