"""The header `Stripe-Signature`, scheme v1: sign and verify. Bytes in, verdict out, no I/O.

How Stripe signs: https://docs.stripe.com/webhooks#verify-manually. The grammar is stricter than
that of Stripe's own libraries: what strangers may send must have one meaning only.
"""

import hmac
import re
from collections.abc import Sequence
from enum import StrEnum, auto
from math import ceil

from paycli.errors import WebhookRefused

MAX_HEADER_LENGTH = 4096
"""In characters; Stripe's own has about 100 for each signature."""

# What each item must be, by its name, and how to say so; items of other schemes are of no interest,
# as long as they are printable ASCII.
_ITEMS = {
    "t": (re.compile(r"t=[0-9]{1,12}"), "must be t= with 1 to 12 digits"),
    "v1": (re.compile(r"v1=[0-9a-f]{64}"), "must be v1= with 64 lower-case hexadecimal digits"),
}
_OTHER_ITEM = (re.compile(r"[!-<>-~]+=[!-~]+"), "must be name=value, without white space")


class Cause(StrEnum):
    """Why a signature does not hold."""

    HEADER_MISSING = auto()
    HEADER_MALFORMED = auto()
    NO_V1 = auto()
    MISMATCH = auto()
    STALE = auto()
    FROM_FUTURE = auto()


class SignatureInvalid(WebhookRefused):
    """The signature does not hold: `cause` for machines, `detail` for people.

    `detail` never holds anything of the header, the body or a secret.
    """

    code = "signature_invalid"

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


def sign(payload: bytes, secret: str, timestamp: int) -> str:
    """The header `t=…,v1=…` that Stripe would send with `payload` at `timestamp` (Unix seconds).

    Raises:
        ValueError: the secret is blank, or the time has more than 12 digits or is negative.
    """
    if not secret.strip():
        raise ValueError("the signing secret is blank")
    if not 0 <= timestamp < 10**12:
        raise ValueError("the time must be Unix seconds, from 0 to 12 digits")
    signature = _signature(b"%d.%b" % (timestamp, payload), secret).decode()
    return f"t={timestamp},v1={signature}"


def verify(
    payload: bytes,
    header: str | None,
    secrets: Sequence[str],
    *,
    now: float,
    tolerance_seconds: int,
) -> int:
    """Checks that Stripe signed `payload` (the raw body) lately; returns when, in Unix seconds.

    `header` is the value of `Stripe-Signature` as WSGI has it, None if it was not sent. Any of
    `secrets` may have signed, in any of the header's v1 items: there are several of both while a
    secret is rolled. The time may be `tolerance_seconds` from `now` (Unix seconds), past or future.

    Raises:
        SignatureInvalid: whatever is wrong with header, signature or time.
        ValueError: there is no secret, one is blank, or the tolerance is not above 0.
    """
    # A lone string would be taken as a list of one-letter secrets.
    if isinstance(secrets, str) or not secrets or not all(map(str.strip, secrets)):
        raise ValueError("secrets must be a list of at least one, none of them blank")
    if tolerance_seconds <= 0:
        raise ValueError("tolerance_seconds must be above 0")

    timestamp, signatures = _parse(header)
    signed = b"%b.%b" % (timestamp, payload)
    holds = False
    # No early exit: the time taken must not tell which secret or signature fits.
    for secret in secrets:
        expected = _signature(signed, secret)
        for signature in signatures:
            holds |= hmac.compare_digest(expected, signature)
    if not holds:
        raise SignatureInvalid(
            Cause.MISMATCH,
            "no v1 signature fits: check that the signing secret is this endpoint's, and that "
            "nothing on the way changes the body",
        )

    signed_at = int(timestamp)
    age = now - signed_at
    if abs(age) <= tolerance_seconds:
        return signed_at
    limit = f"the limit is {tolerance_seconds} s"
    if age < 0:
        raise SignatureInvalid(
            Cause.FROM_FUTURE,
            f"signed {ceil(-age)} s in the future; {limit}: check this machine's clock",
        )
    raise SignatureInvalid(
        Cause.STALE,
        f"signed {ceil(age)} s ago; {limit}: have it sent again, or check this machine's clock",
    )


def _signature(signed: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), signed, "sha256").hex().encode()


def _parse(header: str | None) -> tuple[bytes, list[bytes]]:
    """The time's digits and the v1 signatures of `t=…,v1=…[,v1=…]`; other schemes are skipped."""
    if not header:
        raise SignatureInvalid(
            Cause.HEADER_MISSING,
            "there is no Stripe-Signature header: Stripe sends one with every webhook",
        )
    if len(header) > MAX_HEADER_LENGTH:
        raise _malformed(f"it has more than {MAX_HEADER_LENGTH} characters")
    timestamp = None
    signatures = []
    items = header.split(",")
    for number, item in enumerate(items, start=1):
        name, _, value = item.partition("=")
        grammar, rule = _ITEMS.get(name, _OTHER_ITEM)
        if not grammar.fullmatch(item):
            place = sum(len(before) + 1 for before in items[: number - 1]) + 1
            raise _malformed(f"item {number} {rule} (from character {place} on)")
        if name == "v1":
            signatures.append(value.encode())
        elif name == "t":
            if timestamp is not None:
                raise _malformed(f"item {number} is a second t")
            timestamp = value.encode()
    if timestamp is None:
        raise _malformed("it has no t")
    if not signatures:
        raise SignatureInvalid(
            Cause.NO_V1, "the Stripe-Signature header has no v1 signature, only other schemes'"
        )
    return timestamp, signatures


def _malformed(where: str) -> SignatureInvalid:
    return SignatureInvalid(
        Cause.HEADER_MALFORMED,
        f"the Stripe-Signature header is malformed: {where}; it is t=…,v1=… as Stripe sent it",
    )
