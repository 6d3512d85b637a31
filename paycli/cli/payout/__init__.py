"""`paycli payout`: payouts to a bank account, and what they pay out."""

from paycli.cli.help import PaycliTyper
from paycli.cli.payout.export import export
from paycli.cli.payout.get import get
from paycli.cli.payout.list import list_
from paycli.cli.payout.transactions import transactions

app = PaycliTyper()
app.add(list_, "list")
app.add(get)
app.add(transactions)
app.add(export)
