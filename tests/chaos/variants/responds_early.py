"""A daemon that responds once a record is queued: a negative control, which must be detected."""

from collections.abc import Callable
from typing import Any

import confluent_kafka


class FakeMessage:
    """Stands in for the message of a delivery report."""

    def topic(self) -> str:
        """Return any topic."""
        return "any"

    def partition(self) -> int:
        """Return any partition."""
        return 0

    def offset(self) -> int:
        """Return any offset."""
        return 0


class Producer(confluent_kafka.Producer):
    """Reports success immediately and drops the true delivery report."""

    def produce(  # type: ignore[override]  # only the parameters that the daemon uses
        self,
        *arguments: Any,  # noqa: ANN401 - passed on
        on_delivery: Callable[[None, FakeMessage], None],
        **options: Any,  # noqa: ANN401 - passed on
    ) -> None:
        """Queue the record and report it as persisted."""
        super().produce(*arguments, **options)
        on_delivery(None, FakeMessage())


confluent_kafka.Producer = Producer  # type: ignore[misc]  # deliberately weakened

from paycli.cli.main import main  # noqa: E402 - after the producer is weakened

main()
