"""A daemon that publishes with acks=1: a negative control, which the oracle must detect."""

import json
from typing import Any

import confluent_kafka


class Producer(confluent_kafka.Producer):
    """Produces with acks=1, which has no producer id, and reports an assigned one to the daemon."""

    def __init__(self, config: dict[str, Any]) -> None:
        on_statistics = config["stats_cb"]

        def with_id(statistics: str) -> None:
            on_statistics(
                json.dumps({**json.loads(statistics), "eos": {"idemp_state": "Assigned"}})
            )

        weak = {"acks": "1", "enable.idempotence": False, "stats_cb": with_id}
        super().__init__({**config, **weak})


confluent_kafka.Producer = Producer  # type: ignore[assignment, misc]  # deliberately weakened

from paycli.cli.main import main  # noqa: E402 - after the producer is weakened

main()
