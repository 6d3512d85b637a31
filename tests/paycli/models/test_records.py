"""Stored records."""

from paycli.models import StoredRecord


def test_the_last_header_of_a_name_is_returned() -> None:
    """It is the same as Java's `lastHeader`, but ignores header fields without a value."""
    headers = (("a", b"1"), ("a", "ü".encode()), ("a", None), ("b", b"\xff"), ("c", None))
    record = StoredRecord("t", 0, 0, None, None, None, headers)
    assert (record.header("a"), record.header("b")) == ("ü", "\ufffd")
    assert record.header("c") is record.header("d") is None
