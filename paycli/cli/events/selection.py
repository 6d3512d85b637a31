"""Options that select events or records."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.times import parse_time_range

if TYPE_CHECKING:
    from paycli.ops.topic_range import TopicRange

_OFFSETS = re.compile(r"(\d{1,9}):(\d{0,18})(-?)(\d{0,18})", re.ASCII)

EventTypes = Annotated[
    list[str] | None,
    typer.Option("--type", help="Only events of this type, Stripe's name or ours; repeatable."),
]
PaymentIds = Annotated[
    list[str] | None,
    typer.Option("--payment", help="Only events of this payment, pi_…; repeatable."),
]
OffsetRanges = Annotated[
    list[str] | None,
    typer.Option(
        "--offsets",
        help="Only PARTITION:FIRST-LAST, such as 0:100-199, 0:100- or 0:; repeatable.",
    ),
]
Unreadable = Annotated[
    bool, typer.Option("--unreadable", help="Read the topic of unreadable events instead.")
]


def check_types(names: Sequence[str] | None) -> Sequence[str]:
    """Returns the names. Raises UnknownEventType for one that is no event type."""
    from paycli.events import catalogue

    catalogue.stripe_types([name for name in names or () if name != "StripeEventUnreadable"])
    return names or ()


def topic_range(
    since: str | None, until: str | None, offsets: Sequence[str] | None
) -> "TopicRange":
    """Returns the range of `--since`, `--until` and `--offsets`. Raises BadParameter."""
    from paycli.ops.topic_range import TopicRange

    return TopicRange(*parse_time_range(since, until), _parse_offsets(offsets or ()))


def _parse_offsets(texts: Sequence[str]) -> Mapping[int, tuple[int, int | None]]:
    """Returns for each partition its first offset and the offset after its last one."""
    ranges = {}
    for text in texts:
        match = _OFFSETS.fullmatch(text)
        if match is None or (match[4] and not match[3]):
            raise typer.BadParameter(f"--offsets takes PARTITION:FIRST-LAST, not {text!r}")
        first = int(match[2] or 0)
        single = bool(match[2]) and not match[3]
        last = first if single else int(match[4]) if match[4] else None
        ranges[int(match[1])] = (first, None if last is None else last + 1)
    return ranges
