"""Signs and verifies the `Stripe-Signature` header, scheme v1. No I/O.

The scheme: https://docs.stripe.com/webhooks#verify-manually. The header syntax is stricter than
that of Stripe's libraries, because input from unauthenticated clients must be unambiguous.
"""

import hmac
import re
from collections.abc import Sequence
from enum import StrEnum, auto
from math import ceil

from paycli.errors import WebhookRefused

MAX_HEADER_LENGTH = 4096
"""In characters; Stripe's headers have about 100 for each signature."""

# The syntax of each item by its name, with its description. Items of other schemes are ignored, but
# must be printable ASCII.
_ITEMS = {
    "t": (re.compile(r"t=[0-9]{1,12}"), "must be t= with 1 to 12 digits"),
    "v1": (re.compile(r"v1=[0-9a-f]{64}"), "must be v1= with 64 lower-case hexadecimal digits"),
}
_OTHER_ITEM = (re.compile(r"[!-<>-~]+=[!-~]+"), "must be name=value, without white space")


class Cause(StrEnum):
    """Why a signature is invalid."""

    HEADER_MISSING = auto()
    HEADER_MALFORMED = auto()
    NO_V1 = auto()
    MISMATCH = auto()
    STALE = auto()
    FROM_FUTURE = auto()


class SignatureInvalid(WebhookRefused):
    """The webhook signature is invalid.

    `cause` is for programs, `detail` for humans. `detail` never contains any part of the header,
    the body or a secret.
    """

    code = "signature_invalid"

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


def sign(payload: bytes, secret: str, timestamp: int) -> str:
    """Returns the header `t=…,v1=…` for `payload` at `timestamp` (Unix seconds).

    Raises:
        ValueError: the secret is blank, or the timestamp is negative or has more than 12 digits.
    """
    if not secret.strip():
        raise ValueError("the signing secret is blank")
    if not 0 <= timestamp < 10**12:
        raise ValueError("the timestamp must be Unix seconds with at most 12 digits, not negative")
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
    """Verifies that Stripe signed `payload`, the raw body, and returns when, in Unix seconds.

    `header` is the value of `Stripe-Signature`, None if it was not sent. The signature may be made
    with any of `secrets` and be any of the header's v1 items: there are several of both while a
    secret is rolled. The timestamp may differ from `now` (Unix seconds) by `tolerance_seconds`.

    Raises:
        SignatureInvalid: the header, the signature or the timestamp is invalid.
        ValueError: there is no secret, a secret is blank, or the tolerance is not positive.
    """
    # A string is a sequence of one-letter secrets.
    if isinstance(secrets, str) or not secrets or not all(map(str.strip, secrets)):
        raise ValueError("secrets must be a list with at least one item, none of them blank")
    if tolerance_seconds <= 0:
        raise ValueError("tolerance_seconds must be above 0")

    timestamp, signatures = _parse(header)
    signed = b"%b.%b" % (timestamp, payload)
    valid = False
    # No early exit: the response time must not depend on which secret or signature matches.
    for secret in secrets:
        expected = _signature(signed, secret)
        for signature in signatures:
            valid |= hmac.compare_digest(expected, signature)
    if not valid:
        raise SignatureInvalid(
            Cause.MISMATCH,
            "no v1 signature matches: check that the signing secret is this endpoint's, and that "
            "no proxy changes the body",
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
        f"signed {ceil(age)} s ago; {limit}: resend the event, or check this machine's clock",
    )


def _signature(signed: bytes, secret: str) -> bytes:
    return hmac.digest(secret.encode(), signed, "sha256").hex().encode()


def _parse(header: str | None) -> tuple[bytes, list[bytes]]:
    """Returns the timestamp's digits and the v1 signatures; ignores other schemes."""
    if not header:
        raise SignatureInvalid(
            Cause.HEADER_MISSING,
            "the Stripe-Signature header is missing: Stripe sends it with every webhook",
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
            position = sum(len(before) + 1 for before in items[: number - 1]) + 1
            raise _malformed(f"item {number} {rule} (at character {position})")
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
            Cause.NO_V1, "the Stripe-Signature header has no v1 signature, only other schemes"
        )
    return timestamp, signatures


def _malformed(reason: str) -> SignatureInvalid:
    return SignatureInvalid(
        Cause.HEADER_MALFORMED,
        f"the Stripe-Signature header is malformed: {reason}; Stripe sends t=…,v1=…",
    )
