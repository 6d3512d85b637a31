"""A daemon that answers once a record is queued: a control, which must be caught."""

from collections.abc import Callable
from typing import Any

import confluent_kafka


class Pretended:
    """Stands in for the message of an acknowledgement."""

    def topic(self) -> str:
        """Some topic."""
        return "pretended"

    def partition(self) -> int:
        """Some partition."""
        return 0

    def offset(self) -> int:
        """Some offset."""
        return 0


class Producer(confluent_kafka.Producer):
    """Reports success at once and keeps the true report to itself."""

    def produce(  # type: ignore[override]  # only what the daemon uses of it
        self,
        *arguments: Any,  # noqa: ANN401 - passed on
        on_delivery: Callable[[None, Pretended], None],
        **options: Any,  # noqa: ANN401 - passed on
    ) -> None:
        """Queue the record and say that it is persisted."""
        super().produce(*arguments, **options)
        on_delivery(None, Pretended())


confluent_kafka.Producer = Producer  # type: ignore[misc]  # the point of it

from paycli.cli.main import main  # noqa: E402 - after the producer is weakened

main()
