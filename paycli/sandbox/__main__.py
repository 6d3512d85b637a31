"""`python -m paycli.sandbox`: a stand-in for Stripe and an embedded broker, in their own process.

It reads and writes one JSON object a line, so that no secret is in its arguments or environment:

1. It reads `{"stripe": bool, "topics": […] or null}`: which parts to start.
2. It writes `{"stripe_url": …, "kafka_bootstrap_servers": …}`, null for a part that is not started.
3. It reads `{"endpoint": {"url": …, "secrets": […]}, "topic": …, "kafka_config": {…}}`: where
   webhooks are sent, and where their records are.

It ends when its standard input does, as it does when its parent process has ended.
"""

import json
import sys
from typing import Any

from paycli.sandbox.broker import EmbeddedBroker
from paycli.sandbox.records import RecordFollower


def main() -> None:
    """Serves until standard input ends."""
    request = _read_line()
    if request is None:
        return
    broker = EmbeddedBroker(request["topics"]) if request["topics"] else None
    if request["stripe"]:
        _serve_stripe(broker)
    else:
        _write_addresses(None, broker)
        sys.stdin.read()


def _serve_stripe(broker: EmbeddedBroker | None) -> None:
    # They need h11, which is optional.
    from paycli.sandbox.standin import StandIn, WebhookTarget
    from paycli.sandbox.standin.store.store import API_VERSION

    stripe = StandIn()
    _write_addresses(stripe.url, broker)
    with stripe.run_in_thread():
        while (connection := _read_line()) is not None:
            endpoint = connection["endpoint"]
            secrets = tuple(endpoint["secrets"])
            target = WebhookTarget(endpoint["url"], secrets, api_version=API_VERSION)
            stripe.add_webhook_target(target)
            # Every record in this process's own broker belongs to this stand-in.
            RecordFollower(
                connection["kafka_config"],
                connection["topic"],
                stripe.add_record,
                from_beginning=broker is not None,
            ).start()


def _write_addresses(stripe_url: str | None, broker: EmbeddedBroker | None) -> None:
    bootstrap_servers = broker.bootstrap_servers if broker else None
    addresses = {"stripe_url": stripe_url, "kafka_bootstrap_servers": bootstrap_servers}
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()


def _read_line() -> dict[str, Any] | None:
    line = sys.stdin.readline()
    return json.loads(line) if line else None


if __name__ == "__main__":
    main()
