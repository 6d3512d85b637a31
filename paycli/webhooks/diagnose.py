"""Diagnoses why a signature is invalid. No I/O.

A diagnosis of a `mismatch` is always verified: the signature is valid with another secret, or for
the body without a change that a proxy or framework commonly makes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, auto

from paycli.webhooks.signature import Cause, SignatureInvalid, verify


class Diagnosis(StrEnum):
    """The verified reason for a mismatch."""

    OTHER_SECRET = auto()
    BODY_RESERIALIZED = auto()
    LINE_ENDINGS_CHANGED = auto()
    TRAILING_WHITESPACE_CHANGED = auto()
    BOM_ADDED = auto()
    ENCODING_CHANGED = auto()


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """The result of a verification.

    `cause` is None if the signature is valid; then `signed_at` is when it was made (Unix seconds).
    `detail` is for humans and contains no part of the header, the body or a secret.
    """

    cause: Cause | None
    detail: str
    signed_at: int | None = None
    diagnosis: Diagnosis | None = None


def diagnose(
    payload: bytes,
    header: str | None,
    secrets: Sequence[str],
    *,
    others: Mapping[str, Sequence[str]],
    now: float,
    tolerance_seconds: int,
) -> VerificationResult:
    """Verifies the signature as `verify` does, and diagnoses a mismatch.

    `others` are secrets that are set but overridden, by their source. Other parameters as in
    `verify`.
    """

    def check(body: bytes, with_secrets: Sequence[str]) -> VerificationResult:
        try:
            signed_at = verify(
                body, header, with_secrets, now=now, tolerance_seconds=tolerance_seconds
            )
        except SignatureInvalid as error:
            return VerificationResult(error.cause, error.detail)
        return VerificationResult(
            None, f"signed {now - signed_at:.0f} s ago; {len(body)} bytes", signed_at
        )

    def matches(body: bytes, with_secrets: Sequence[str]) -> bool:
        return check(body, with_secrets).cause is not Cause.MISMATCH

    result = check(payload, secrets)
    if result.cause is not Cause.MISMATCH:
        return result
    for source, other_secrets in others.items():
        if other_secrets and matches(payload, other_secrets):
            detail = f"no v1 signature matches, but the overridden secret of {source} does"
            return VerificationResult(Cause.MISMATCH, detail, diagnosis=Diagnosis.OTHER_SECRET)
    all_secrets = [*secrets, *(secret for each in others.values() for secret in each)]
    for diagnosis, reason, body in _candidates(payload):
        if body != payload and matches(body, all_secrets):
            detail = f"no v1 signature matches, because {reason}"
            return VerificationResult(Cause.MISMATCH, detail, diagnosis=diagnosis)
    return result


def _candidates(payload: bytes) -> Iterator[tuple[Diagnosis, str, bytes]]:
    """Yields bodies as they may have been before a common change, with its description."""
    reason = "the line endings of the body were changed"
    yield Diagnosis.LINE_ENDINGS_CHANGED, reason, payload.replace(b"\r\n", b"\n")
    yield (
        Diagnosis.LINE_ENDINGS_CHANGED,
        reason,
        payload.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    )
    reason = "whitespace at the end of the body was added or removed"
    for body in (payload.strip(), payload.rstrip() + b"\n", payload.rstrip() + b"\r\n"):
        yield Diagnosis.TRAILING_WHITESPACE_CHANGED, reason, body
    reason = "a byte order mark was added to the body"
    yield Diagnosis.BOM_ADDED, reason, payload.removeprefix(b"\xef\xbb\xbf")
    yield from _other_encodings(payload)
    yield from _reserialized(payload)


def _other_encodings(payload: bytes) -> Iterator[tuple[Diagnosis, str, bytes]]:
    reason = "the body was decoded or encoded with an encoding other than UTF-8"
    for encoding in ("latin-1", "cp1252", "utf-16"):
        with suppress(UnicodeError):
            yield Diagnosis.ENCODING_CHANGED, reason, payload.decode(encoding).encode()
        with suppress(UnicodeError):
            yield Diagnosis.ENCODING_CHANGED, reason, payload.decode().encode(encoding)


def _reserialized(payload: bytes) -> Iterator[tuple[Diagnosis, str, bytes]]:
    """Yields the body as JSON serializers write it; Stripe indents by two spaces."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return
    reason = "the body was parsed and serialized again; pass on its raw bytes"
    for serialize in _serializers():
        try:
            serialized = serialize(content)
        except RecursionError:  # nested deeper than the encoder can write
            return
        for text in (serialized, serialized.replace("/", "\\/")):
            for end in ("", "\n"):
                with suppress(UnicodeError):
                    yield Diagnosis.BODY_RESERIALIZED, reason, (text + end).encode()


def _serializers() -> Iterator[Callable[[object], str]]:
    for ascii_ in (False, True):
        for indent, separators in (
            (2, None),
            (None, (",", ":")),
            (None, (", ", ": ")),
            (4, None),
            ("\t", None),
        ):
            yield lambda content, a=ascii_, i=indent, s=separators: json.dumps(  # type: ignore[misc]
                content, ensure_ascii=a, indent=i, separators=s
            )
