"""`paycli webhook`: Stripe's signatures and deliveries, by hand."""

from paycli.cli.explained import Application
from paycli.cli.webhook.send import send
from paycli.cli.webhook.sign import sign
from paycli.cli.webhook.verify import verify

app = Application()
app.add(verify)
app.add(sign)
app.add(send)
