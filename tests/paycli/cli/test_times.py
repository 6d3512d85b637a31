"""Times and time ranges of options; obvious mistakes are refused with the reason."""

import time
from datetime import UTC, datetime, timedelta

import pytest
import typer

from paycli.cli.times import parse_time, parse_time_range

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31T12:00:00Z", 1_769_860_800),
        ("2026-01-31T13:00:00+01:00", 1_769_860_800),
        ("1769860800", 1_769_860_800),
    ],
)
def test_a_time_has_a_zone_or_is_unix_seconds(text: str, expected: int) -> None:
    """RFC 3339 with any offset, and Unix seconds, are the same time."""
    assert parse_time(text, "--since") == expected


@pytest.mark.parametrize(("text", "ago"), [("90m", 5400), ("72h", 3 * DAY), ("2w", 14 * DAY)])
def test_a_duration_is_before_now(text: str, ago: int) -> None:
    """Minutes, hours and weeks are subtracted from now."""
    parsed = parse_time(text, "--since")
    assert parsed is not None
    assert abs(time.time() - ago - parsed) < 5


@pytest.mark.parametrize(
    ("since", "until", "message"),
    [
        ("2026-01-31T12:00", None, "needs a time zone: 2026-01-31T12:00:00Z for UTC"),
        ("2026-01-31", None, "needs a time zone"),
        pytest.param(
            str(int(time.time() * 1000)),
            None,
            "Unix times are in seconds",
            id="milliseconds",
        ),
        pytest.param(
            (datetime.now(UTC) + timedelta(days=1)).isoformat(),
            None,
            "in the future",
            id="tomorrow",
        ),
        ("1h", "9" * 19, "--until must be from 1970 to 9999"),
        ("1h", "9" * 400, "--until must be from 1970 to 9999"),
        ("0001-01-01T00:00:00+14:00", None, "--since must be from 1970 to 9999"),
        ("9999-12-31T23:59:59-14:00", None, "--since must be from 1970 to 9999"),
        ("1h", "2h", "--until is before --since"),
        ("yesterday", None, "90m, 72h, 30d (ago)"),
    ],
)
def test_an_impossible_range_is_refused(since: str, until: str | None, message: str) -> None:
    """A missing zone, milliseconds, a time in the future, and swapped ends are refused."""
    with pytest.raises(typer.BadParameter) as refused:
        parse_time_range(since, until)
    assert message in str(refused.value)
