"""Delivery reports: one caller polls the producer, and each report wakes the request that waits."""

from confluent_kafka import KafkaError, Message

from paycli.models import Acknowledgement
from paycli.waiting import Event


class Delivery:
    """The outcome of one record: `acknowledgement` or `error`, once `arrived` is set.

    `failures` is how many records had failed before this one was produced.
    """

    __slots__ = ("acknowledgement", "arrived", "error", "failures")

    def __init__(self, failures: int, arrived: Event) -> None:
        self.failures = failures
        self.arrived = arrived
        self.error: KafkaError | None = None
        self.acknowledgement: Acknowledgement | None = None

    def report(self, error: KafkaError | None, message: Message) -> None:
        """Stores the delivery report and wakes the request."""
        if error is None:
            self.acknowledgement = Acknowledgement(
                message.topic() or "", _number(message.partition()), _number(message.offset())
            )
        self.error = error
        self.arrived.set()


def _number(value: int | None) -> int:
    return -1 if value is None else value
