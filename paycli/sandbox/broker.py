"""A Kafka broker in this process: librdkafka's mock broker. Its records are lost when it ends.

`python -m paycli.sandbox.broker TOPIC...` prints its address and runs until SIGTERM or SIGINT.
"""

import signal
import sys
from collections.abc import Sequence

from confluent_kafka import Producer


class EmbeddedBroker:
    """A broker on a free port of 127.0.0.1 with these topics, four partitions each."""

    def __init__(self, topics: Sequence[str]) -> None:
        # The broker runs as long as the client that started it exists.
        self._client = Producer(
            {"test.mock.num.brokers": 1, "bootstrap.servers": "", "log_level": 2}
        )
        for topic in topics:
            self._client.list_topics(topic, timeout=5)  # a request for a topic creates it

    @property
    def bootstrap_servers(self) -> str:
        """The broker's address, for clients in any process."""
        brokers = self._client.list_topics(timeout=5).brokers.values()
        return ",".join(f"{broker.host}:{broker.port}" for broker in brokers)


def main() -> None:
    """Runs a broker with the topics of the command line until SIGTERM or SIGINT."""
    broker = EmbeddedBroker(sys.argv[1:])
    sys.stdout.write(f"{broker.bootstrap_servers}\n")
    sys.stdout.flush()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})


if __name__ == "__main__":
    main()
