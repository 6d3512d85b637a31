"""Formatting of timestamps."""

import pytest

from paycli.models import rfc3339


# date -u -d @N +%FT%TZ
@pytest.mark.parametrize(
    ("unix_seconds", "written"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_700_000_000, "2023-11-14T22:13:20Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (4_107_542_399, "2100-02-28T23:59:59Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (-62_135_596_800, "0001-01-01T00:00:00Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(unix_seconds: int, written: str) -> None:
    """Times are formatted as `date -u` does, with a four-digit year."""
    assert rfc3339(unix_seconds) == written


@pytest.mark.parametrize("unix_seconds", [253_402_300_800, 10**12, 10**18, 10**30, -(10**12)])
def test_times_outside_four_digit_years_are_refused(unix_seconds: int) -> None:
    """RFC 3339 has four-digit years; the message does not contain the value."""
    with pytest.raises(ValueError, match="out of range") as refused:
        rfc3339(unix_seconds)
    assert not any(character.isdigit() for character in str(refused.value))
