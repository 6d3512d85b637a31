"""A daemon whose producer expires records: a negative control, which must be detected."""

from typing import Any

import confluent_kafka
from confluent_kafka import KafkaError, Message


class Producer(confluent_kafka.Producer):
    """Starts a new epoch after each expired record, which it does not report to the daemon."""

    def __init__(self, config: dict[str, Any]) -> None:
        weak = {
            "message.timeout.ms": 1_500,
            "socket.timeout.ms": 60_000,
            "reconnect.backoff.max.ms": 100,
            "max.in.flight.requests.per.connection": 5,
        }
        super().__init__({**config, **weak})


confluent_kafka.Producer = Producer  # type: ignore[assignment, misc]  # deliberately weakened

from paycli.adapters.kafka.delivery_reports import Delivery  # noqa: E402 - the same
from paycli.adapters.kafka.publisher import KafkaPublisher  # noqa: E402 - after it is weakened
from paycli.cli.main import main  # noqa: E402 - the same


def trust(
    _: KafkaPublisher, delivery: Delivery, error: KafkaError | None, message: Message
) -> None:
    """Acknowledge records that were in flight when another one failed."""
    delivery.report(error, message)


KafkaPublisher._on_delivery = trust  # type: ignore[assignment, method-assign]  # deliberately weakened
main()
