"""Pagination cursors: opaque strings that identify the start of the next page.

A cursor contains the position at Stripe and a digest of the position and the list it belongs to. A
cursor of another list is therefore refused instead of returning that list's objects.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TypeVar

from paycli.errors import CursorInvalid
from paycli.models import ResultPage

T = TypeVar("T")

_DIGEST_BYTES = 6


def encode(listing: str, page: ResultPage[T]) -> str | None:
    """Returns the URL-safe cursor of the page after `page`; None after the last page.

    `listing` identifies the list, see `ListRequest.listing`.
    """
    if page.position is None:
        return None
    content = _digest(listing, page.position) + page.position.encode()
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(listing: str, cursor: str | None) -> str | None:
    """Returns the position that `cursor` contains; None without a cursor.

    Raises CursorInvalid if it is malformed or belongs to another list.
    """
    if cursor is None:
        return None
    try:
        content = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = content[_DIGEST_BYTES:].decode()
    except ValueError:
        raise _invalid() from None
    if content[:_DIGEST_BYTES] != _digest(listing, position):
        raise _invalid()
    return position


def _digest(listing: str, position: str) -> bytes:
    return hashlib.sha256(f"{listing}\n{position}".encode()).digest()[:_DIGEST_BYTES]


def _invalid() -> CursorInvalid:
    return CursorInvalid(
        "the cursor does not belong to this list: use next_cursor of the previous page with the "
        "same other parameters, or start without a cursor"
    )
