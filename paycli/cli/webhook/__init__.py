"""`paycli webhook`: verify, sign and send webhooks as Stripe does."""

from paycli.cli.help import PaycliTyper
from paycli.cli.webhook.send import send
from paycli.cli.webhook.sign import sign
from paycli.cli.webhook.verify import verify

app = PaycliTyper()
app.add(verify)
app.add(sign)
app.add(send)
