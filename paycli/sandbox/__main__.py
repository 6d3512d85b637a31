"""`python -m paycli.sandbox`: Stripe's stand-in and an embedded broker, as a process of their own.

It speaks JSON, a line at a time, so that no secret is in its arguments or environment. First it
reads what is wanted, `{"stripe": bool, "topics": […] or null}`, and answers with the addresses,
`{"stripe_url": …, "kafka_bootstrap_servers": …}`. Then it reads where webhooks go and where records
are, `{"endpoint": {"url": …, "secrets": […]}, "topic": …, "kafka_config": {…}}`. It ends when its
standard input does, as it does when whoever started it has gone.
"""

import json
import sys
from typing import Any

from paycli.sandbox.broker import EmbeddedBroker
from paycli.sandbox.records import RecordFollower
from paycli.sandbox.standin import StandIn, WebhookTarget


def main() -> None:
    """Serves until standard input ends."""
    wanted = _read()
    if wanted is None:
        return
    broker = EmbeddedBroker(wanted["topics"]) if wanted["topics"] else None
    stripe = StandIn() if wanted["stripe"] else None
    told = {
        "stripe_url": stripe.url if stripe else None,
        "kafka_bootstrap_servers": broker.bootstrap_servers if broker else None,
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()
    if stripe is None:
        sys.stdin.read()
        return
    with stripe.run_in_thread():
        while (connect := _read()) is not None:
            endpoint = connect["endpoint"]
            stripe.add_webhook_target(WebhookTarget(endpoint["url"], tuple(endpoint["secrets"])))
            # All that is in the broker of this process came from this stand-in.
            RecordFollower(
                connect["kafka_config"],
                connect["topic"],
                stripe.on_record,
                whole=broker is not None,
            ).start()


def _read() -> dict[str, Any] | None:
    line = sys.stdin.readline()
    return json.loads(line) if line else None


if __name__ == "__main__":
    main()
