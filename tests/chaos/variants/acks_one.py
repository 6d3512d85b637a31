"""A daemon that takes the leader's word for an acknowledgement: a control, which must be caught."""

import json
from typing import Any

import confluent_kafka


class Producer(confluent_kafka.Producer):
    """Asks for acks=1; that goes without a producer's id, which the daemon is told is there."""

    def __init__(self, config: dict[str, Any]) -> None:
        on_statistics = config["stats_cb"]

        def with_id(statistics: str) -> None:
            on_statistics(
                json.dumps({**json.loads(statistics), "eos": {"idemp_state": "Assigned"}})
            )

        weak = {"acks": "1", "enable.idempotence": False, "stats_cb": with_id}
        super().__init__({**config, **weak})


confluent_kafka.Producer = Producer  # type: ignore[assignment, misc]  # the point of it

from paycli.cli.main import main  # noqa: E402 - after the producer is weakened

main()
