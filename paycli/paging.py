"""Cursors: where a listing goes on, in a form that nobody builds on.

A cursor holds the position at Stripe and a digest of it together with the listing it was given out
for, so one from elsewhere is told apart instead of giving another listing's payments.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from paycli.errors import CursorInvalid

_DIGEST_BYTES = 6


def cursor(listing: str, position: str) -> str:
    """The cursor for `position` of a listing, in characters that need no escaping in addresses."""
    marked = _digest(listing, position) + position.encode()
    return urlsafe_b64encode(marked).rstrip(b"=").decode()


def position(listing: str, cursor: str) -> str:
    """The position that `cursor` was made of for the same listing. Raises CursorInvalid."""
    try:
        marked = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        found = marked[_DIGEST_BYTES:].decode()
    except ValueError:
        raise _foreign() from None
    if marked[:_DIGEST_BYTES] != _digest(listing, found):
        raise _foreign()
    return found


def _digest(listing: str, position: str) -> bytes:
    return hashlib.sha256(f"{listing}\n{position}".encode()).digest()[:_DIGEST_BYTES]


def _foreign() -> CursorInvalid:
    return CursorInvalid(
        "the cursor is not from this listing: take next_cursor of the page before and repeat its "
        "other parameters, or begin without a cursor"
    )
