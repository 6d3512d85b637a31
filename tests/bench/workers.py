"""The maximum rate of several workers, predicted from the processor time of one."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from harness.measurements import Table

from .contestants import WORKERS
from .figures import Figure
from .results import Results

ONE = WORKERS[1]


@dataclass(frozen=True)
class ProcessorTime:
    """The processor time of a webhook in milliseconds, by program."""

    service: float
    broker: float
    sender: float

    @property
    def total(self) -> float:
        """The processor time of all programs."""
        return self.service + self.broker + self.sender


def maximum_rate(used: ProcessorTime, workers: int, cores: float) -> float:
    """Return the webhooks per second at which either all cores or all workers are busy.

    A worker is one process of Python and counts as one core, although librdkafka's threads, which
    are counted in its processor time, may run beside it.
    """
    return 1_000 * min(cores / used.total, workers / used.service)


def table(measured: Results) -> Table:
    """Return the predicted and the measured maximum rate of each number of workers.

    It has no rows if the processor time of all programs was not measured.
    """
    headings = [
        "workers",
        "service, cpu ms",
        "broker, cpu ms",
        "sender, cpu ms",
        "predicted, per second",
        "measured, per second",
        "measured / predicted",
    ]
    return Table("Workers at saturation", headings, list(_rows(measured)))


def _rows(measured: Results) -> Iterator[list[str]]:
    one = _processor_time(measured, ONE)
    for workers, name in WORKERS.items():
        used, rate = _processor_time(measured, name), Figure("rate").spread(measured, name)
        others = Figure("others").spread(measured, name)
        if not (one and used and rate and others):
            continue
        cores = (os.cpu_count() or 1) * (1 - others.median)
        predicted = maximum_rate(one, workers, cores)
        parts = (used.service, used.broker, used.sender)
        yield [
            str(workers),
            *(f"{part:.3f}" for part in parts),
            f"{predicted:,.0f}",
            rate.text(0),
            f"{rate.median / predicted:.2f}",
        ]


def _processor_time(measured: Results, name: str) -> ProcessorTime | None:
    spreads = [Figure(of).spread(measured, name) for of in ("cpu", "broker_cpu", "sender_cpu")]
    parts = [spread.median for spread in spreads if spread]
    return ProcessorTime(*parts) if len(parts) == len(spreads) else None
