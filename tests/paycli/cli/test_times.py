"""Moments and spans as people write them; what can only be a mistake is refused with the reason."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import typer

from paycli.cli.times import moment, span

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", 1_769_860_800),
        ("2026-01-31T13:00:00+01:00", 1_769_860_800),
        ("1769860800", 1_769_860_800),
    ],
)
def test_a_moment_is_the_same_in_every_zone(text: str, expected: int) -> None:
    """RFC 3339 with any offset, and Unix seconds."""
    assert moment(text, "--since") == expected


@pytest.mark.parametrize(("text", "ago"), [("90m", 5400), ("72h", 3 * DAY), ("2w", 14 * DAY)])
def test_a_time_ago(text: str, ago: int) -> None:
    """Counted from now."""
    found = moment(text, "--since")
    assert found is not None
    assert abs(time.time() - ago - found) < 5


@pytest.mark.parametrize(
    ("since", "until", "says"),
    [
        ("2026-01-31T12:00", None, "needs a zone: 2026-01-31T12:00:00Z for UTC"),
        ("2026-01-31", None, "needs a zone"),
        pytest.param(
            str(int(time.time() * 1000)),
            None,
            "in the future (Unix times are in seconds)",
            id="milliseconds",
        ),
        pytest.param(
            (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            None,
            "in the future",
            id="tomorrow",
        ),
        ("1h", "2h", "--until is before --since"),
        ("yesterday", None, "90m, 72h, 30d (ago)"),
    ],
)
def test_a_mistake_is_told(since: str, until: str | None, says: str) -> None:
    """A zone that is missing, milliseconds, a day too late, ends the wrong way round."""
    with pytest.raises(typer.BadParameter) as refused:
        span(since, until)
    assert says in str(refused.value)
