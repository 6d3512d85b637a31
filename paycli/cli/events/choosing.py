"""Which records are meant: options that the commands about stored records share."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from paycli.cli.times import span

if TYPE_CHECKING:
    from paycli.ops.topic_range import Window

_OFFSETS = re.compile(r"(\d{1,9}):(\d{0,18})(-?)(\d{0,18})", re.ASCII)

Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="Only these, by Stripe's name or ours; may be repeated."),
]
Payments = Annotated[
    list[str] | None, typer.Option("--payment", help="Only these, pi_…; may be repeated.")
]
OffsetRanges = Annotated[
    list[str] | None,
    typer.Option(
        "--offsets", help="PARTITION:FIRST-LAST, such as 0:100-199, 0:100- or 0:; may be repeated."
    ),
]


def check_types(names: Sequence[str] | None) -> Sequence[str]:
    """The names, all of events. Raises UnknownEventType."""
    from paycli.events import catalogue

    catalogue.stripe_types([name for name in names or () if name != "StripeEventUnreadable"])
    return names or ()


def window(since: str | None, until: str | None, offsets: Sequence[str] | None) -> "Window":
    """The window of a topic. Raises BadParameter."""
    from paycli.ops.topic_range import Window

    return Window(*span(since, until), _offsets(offsets or ()))


def _offsets(texts: Sequence[str]) -> Mapping[int, tuple[int, int | None]]:
    found = {}
    for text in texts:
        read = _OFFSETS.fullmatch(text)
        if read is None or (read[4] and not read[3]):
            raise typer.BadParameter(f"--offsets takes PARTITION:FIRST-LAST, not {text!r}")
        first = int(read[2] or 0)
        alone = bool(read[2]) and not read[3]
        last = first if alone else int(read[4]) if read[4] else None
        found[int(read[1])] = (first, None if last is None else last + 1)
    return found
