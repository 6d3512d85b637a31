"""Diagnosis of invalid signatures, on generated requests whose cause is known."""

import inspect
import json
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import stripe

from harness.sender import stripe_signature
from paycli.webhooks.diagnose import Diagnosis, diagnose
from paycli.webhooks.signature import Cause, SignatureInvalid, verify

NOW = 1_769_860_800
SECRET, OVERRIDDEN, UNKNOWN = "whsec_ours", "whsec_in_dotenv", "whsec_unknown"
CASES_EACH = 34


@dataclass(frozen=True)
class Case:
    """A request with an invalid signature, its cause and its diagnosis."""

    name: str
    body: bytes
    header: str | None
    cause: Cause
    diagnosis: Diagnosis | None = None


def event_body(random_: random.Random) -> bytes:
    """Return a body as Stripe serializes it: UTF-8, indented by two spaces."""
    name = "".join(random_.choices('abcäö€/\\"', k=12))
    event = {"id": f"evt_{random_.random()}", "data": {"amount": random_.randrange(9), "n": name}}
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


def signed(body: bytes, secret: str = SECRET, at: int = NOW) -> str:
    """Return a valid header."""
    return stripe_signature(body, secret, at)


CaseFactory = Callable[[random.Random], Case]


def _changed(
    name: str, diagnosis: Diagnosis | None, change: Callable[[bytes], bytes]
) -> CaseFactory:
    def make(random_: random.Random) -> Case:
        body = event_body(random_)
        return Case(name, change(body), signed(body), Cause.MISMATCH, diagnosis)

    return make


def _timed(name: str, cause: Cause, sign: int) -> CaseFactory:
    def make(random_: random.Random) -> Case:
        body = event_body(random_)
        at = NOW + sign * random_.randrange(301, 10**8)
        return Case(name, body, signed(body, at=at), cause)

    return make


def _secret(name: str, secret: str, diagnosis: Diagnosis | None) -> CaseFactory:
    def make(random_: random.Random) -> Case:
        body = event_body(random_)
        return Case(name, body, signed(body, secret), Cause.MISMATCH, diagnosis)

    return make


def _header(
    name: str, cause: Cause, change: Callable[[str, random.Random], str | None]
) -> CaseFactory:
    def make(random_: random.Random) -> Case:
        body = event_body(random_)
        return Case(name, body, change(signed(body), random_), cause)

    return make


def _malform(header: str, random_: random.Random) -> str:
    return random_.choice(
        [
            header.replace("t=", "t=x"),
            header.replace("v1=", "v1= "),
            header.replace(",", ";"),
            header.upper(),
            header[:-1],
            f'"{header}"',
            header + ",",
            f"{header},{header}",
            header.partition(",")[2],
        ]
    )


def _serialize_compactly(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def _change_letter(body: bytes) -> bytes:
    return body.replace(b"evt_", b"evt-")


CASE_FACTORIES: list[CaseFactory] = [
    _timed("stale", Cause.STALE, -1),
    _timed("future", Cause.FROM_FUTURE, 1),
    _header("missing", Cause.HEADER_MISSING, lambda _h, random_: random_.choice([None, ""])),
    _header("malformed", Cause.HEADER_MALFORMED, _malform),
    _header("only v0", Cause.NO_V1, lambda header, _: header.replace("v1=", "v0=")),
    _header(
        "signature of another body",
        Cause.MISMATCH,
        lambda _h, random_: signed(b"%f" % random_.random()),
    ),
    _secret("unknown secret", UNKNOWN, None),
    _secret("overridden secret", OVERRIDDEN, Diagnosis.OTHER_SECRET),
    _changed("tampered", None, _change_letter),
    _changed("compact", Diagnosis.BODY_RESERIALIZED, _serialize_compactly),
    _changed(
        "indented by four spaces",
        Diagnosis.BODY_RESERIALIZED,
        lambda body: json.dumps(json.loads(body), indent=4).encode(),
    ),
    _changed(
        "line endings", Diagnosis.LINE_ENDINGS_CHANGED, lambda body: body.replace(b"\n", b"\r\n")
    ),
    _changed("trailing newline", Diagnosis.TRAILING_WHITESPACE_CHANGED, lambda body: body + b"\n"),
    _changed("byte order mark", Diagnosis.BOM_ADDED, lambda body: b"\xef\xbb\xbf" + body),
    _changed(
        "decoded as Latin-1",
        Diagnosis.ENCODING_CHANGED,
        lambda body: body.decode("latin-1").encode(),
    ),
]


def corpus() -> list[Case]:
    """Return the same number of cases for each cause, from a fixed seed."""
    random_ = random.Random(9)
    return [make(random_) for make in CASE_FACTORIES for _ in range(CASES_EACH)]


def diagnose_case(case: Case) -> tuple[Cause | None, Diagnosis | None]:
    """Return the cause and the diagnosis of a case."""
    verdict = diagnose(
        case.body,
        case.header,
        [SECRET],
        others={".env STRIPE_WEBHOOK_SECRET": [OVERRIDDEN], "flag": []},
        now=NOW,
        tolerance_seconds=300,
    )
    for secret in (SECRET, OVERRIDDEN, UNKNOWN, case.header or "-none-"):
        assert secret not in verdict.detail
    return verdict.cause, verdict.diagnosis


def test_each_cause_is_diagnosed_correctly() -> None:
    """More than 500 failures all have their cause, and a diagnosis if there is one."""
    cases = corpus()
    assert len(cases) >= 500
    wrong = [
        (case.name, diagnose_case(case))
        for case in cases
        if diagnose_case(case) != (case.cause, case.diagnosis)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["stale", "future", "malformed", "compact", "overridden secret"])
def test_a_valid_signature_has_no_cause(name: str) -> None:
    """The control: with a valid signature, the same body has no cause."""
    case = next(case for case in corpus() if case.name == name)
    valid_header = signed(case.body)
    assert diagnose_case(Case(name, case.body, valid_header, case.cause)) == (None, None)


def test_the_sdk_accepts_only_what_is_stricter_here() -> None:
    """Stripe's SDK accepts a case only if it is about the time or the stricter syntax."""
    for case in corpus():
        try:
            stripe.WebhookSignature.verify_header(
                case.body.decode(), case.header or "", SECRET, tolerance=10**9
            )
            accepted = True
        except stripe.SignatureVerificationError:
            accepted = False
        if accepted:
            assert case.cause in (Cause.FROM_FUTURE, Cause.STALE, Cause.HEADER_MALFORMED)


def test_a_valid_request_has_no_cause() -> None:
    """The result agrees with that of `verify`."""
    body = event_body(random.Random(1))
    assert diagnose_case(Case("valid", body, signed(body), Cause.MISMATCH)) == (None, None)
    assert verify(body, signed(body), [SECRET], now=NOW, tolerance_seconds=300) == NOW


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (f"t={NOW},v1=xyz", "at character 14"),
        (f"t={NOW},v0=a,bad", "item 3 must be name=value, without white space (at character 19"),
    ],
)
def test_a_malformed_header_is_located(header: str, place: str) -> None:
    """The message names the item and its first character."""
    with pytest.raises(SignatureInvalid) as caught:
        verify(b"{}", header, [SECRET], now=NOW, tolerance_seconds=300)
    assert place in caught.value.detail


def test_a_deeply_nested_body_is_diagnosed() -> None:
    """Where a parser still reads a body that an encoder cannot write, there is no diagnosis."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 150)  # a lower limit is reached sooner
    try:
        for depth in (*range(100, 150), 100_000):
            body = b'{"a": ' * depth + b"1" + b"}" * depth
            result = diagnose(
                body, signed(b"other"), [SECRET], others={}, now=NOW, tolerance_seconds=300
            )
            assert (result.cause, result.diagnosis) == (Cause.MISMATCH, None)
    finally:
        sys.setrecursionlimit(limit)
