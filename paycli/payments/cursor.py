"""Cursors: where a listing goes on, as an opaque text.

A cursor holds the position at Stripe and a digest of it together with the listing it was made for,
so a cursor of another listing is refused instead of returning that listing's payments.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from paycli.errors import CursorInvalid
from paycli.models import ResultPage

T = TypeVar("T")

_DIGEST_BYTES = 6


def encode(listing: str, page: ResultPage[T]) -> str | None:
    """The cursor of the page after `page`, URL-safe; None after the last page."""
    if page.position is None:
        return None
    marked = _digest(listing, page.position) + page.position.encode()
    return urlsafe_b64encode(marked).rstrip(b"=").decode()


def decode(listing: str, cursor: str | None) -> str | None:
    """The position that `cursor` was made of for the same listing; None without a cursor.

    Raises CursorInvalid.
    """
    if cursor is None:
        return None
    try:
        marked = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = marked[_DIGEST_BYTES:].decode()
    except ValueError:
        raise _invalid() from None
    if marked[:_DIGEST_BYTES] != _digest(listing, position):
        raise _invalid()
    return position


def _digest(listing: str, position: str) -> bytes:
    return hashlib.sha256(f"{listing}\n{position}".encode()).digest()[:_DIGEST_BYTES]


def _invalid() -> CursorInvalid:
    return CursorInvalid(
        "the cursor is not from this listing: take next_cursor of the previous page and repeat "
        "its other parameters, or begin without a cursor"
    )
