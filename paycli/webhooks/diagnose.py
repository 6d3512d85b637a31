"""Why a signature does not hold, as far as it can be proved; bytes in, verdict out, no I/O.

A `mismatch` is narrowed only by evidence: another secret verifies, or the body does after the
change that something on the way made is undone.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, auto

from paycli.webhooks.signature import Cause, SignatureInvalid, verify


class Diagnosis(StrEnum):
    """What was proved about a mismatch."""

    OTHER_SECRET = auto()
    BODY_RESERIALIZED = auto()
    LINE_ENDINGS_CHANGED = auto()
    TRAILING_WHITESPACE_CHANGED = auto()
    BOM_ADDED = auto()
    ENCODING_CHANGED = auto()


@dataclass(frozen=True, slots=True)
class VerificationResult:
    """Whether it holds and when it was signed (Unix seconds); else the cause, and what is proved.

    `detail` is for people. It holds nothing of the header, the body or a secret.
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
    """Judges as `verify` does, and looks for the reason of a mismatch.

    `others` are further secrets, by the place where they are set without being in force.
    """

    def judge(body: bytes, with_secrets: Sequence[str]) -> VerificationResult:
        try:
            signed_at = verify(
                body, header, with_secrets, now=now, tolerance_seconds=tolerance_seconds
            )
        except SignatureInvalid as error:
            return VerificationResult(error.cause, error.detail)
        return VerificationResult(
            None, f"signed {now - signed_at:.0f} s ago; {len(body)} bytes", signed_at
        )

    def fits(body: bytes, with_secrets: Sequence[str]) -> bool:
        return judge(body, with_secrets).cause is not Cause.MISMATCH

    verdict = judge(payload, secrets)
    if verdict.cause is not Cause.MISMATCH:
        return verdict
    for place, found in others.items():
        if found and fits(payload, found):
            detail = f"no v1 signature fits, but the secret of {place} does, which is not in force"
            return VerificationResult(Cause.MISMATCH, detail, diagnosis=Diagnosis.OTHER_SECRET)
    every = [*secrets, *(secret for found in others.values() for secret in found)]
    for diagnosis, said, body in _undone(payload):
        if body != payload and fits(body, every):
            detail = f"no v1 signature fits, because {said}"
            return VerificationResult(Cause.MISMATCH, detail, diagnosis=diagnosis)
    return verdict


def _undone(payload: bytes) -> Iterator[tuple[Diagnosis, str, bytes]]:
    """The body as it may have been before something changed it."""
    said = "something on the way changed its line ends"
    yield Diagnosis.LINE_ENDINGS_CHANGED, said, payload.replace(b"\r\n", b"\n")
    yield (
        Diagnosis.LINE_ENDINGS_CHANGED,
        said,
        payload.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
    )
    said = "white space was added to, or taken from, its end"
    for body in (payload.strip(), payload.rstrip() + b"\n", payload.rstrip() + b"\r\n"):
        yield Diagnosis.TRAILING_WHITESPACE_CHANGED, said, body
    said = "a byte order mark was put before it"
    yield Diagnosis.BOM_ADDED, said, payload.removeprefix(b"\xef\xbb\xbf")
    yield from _other_encodings(payload)
    yield from _printed_again(payload)


def _other_encodings(payload: bytes) -> Iterator[tuple[Diagnosis, str, bytes]]:
    said = "it was decoded or encoded as something other than UTF-8"
    for encoding in ("latin-1", "cp1252", "utf-16"):
        with suppress(UnicodeError):
            yield Diagnosis.ENCODING_CHANGED, said, payload.decode(encoding).encode()
        with suppress(UnicodeError):
            yield Diagnosis.ENCODING_CHANGED, said, payload.decode().encode(encoding)


def _printed_again(payload: bytes) -> Iterator[tuple[Diagnosis, str, bytes]]:
    """The body in the forms that JSON printers write; Stripe's own is indented by two blanks."""
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return
    said = "the body was parsed and printed again; hand on its bytes as they came"
    for form in _forms():
        for text in (form(told), form(told).replace("/", "\\/")):
            for end in ("", "\n"):
                with suppress(UnicodeError):
                    yield Diagnosis.BODY_RESERIALIZED, said, (text + end).encode()


def _forms() -> Iterator[Callable[[object], str]]:
    for ascii_ in (False, True):
        for indent, separators in (
            (2, None),
            (None, (",", ":")),
            (None, (", ", ": ")),
            (4, None),
            ("\t", None),
        ):
            yield lambda told, a=ascii_, i=indent, s=separators: json.dumps(  # type: ignore[misc]
                told, ensure_ascii=a, indent=i, separators=s
            )
