"""Each cause is named rightly, none wrongly: on a corpus whose causes are known by its making."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import stripe

from harness.sender import stripe_signature
from paycli.webhooks.diagnose import Diagnosis, diagnose
from paycli.webhooks.signature import Cause, SignatureInvalid, verify

NOW = 1_769_860_800
SECRET, SHADOWED, FOREIGN = "whsec_ours", "whsec_in_dotenv", "whsec_of_somebody"
CASES_EACH = 34


@dataclass(frozen=True)
class Case:
    """A request that must not verify, why, and what can be proved."""

    name: str
    body: bytes
    header: str | None
    cause: Cause
    diagnosis: Diagnosis | None = None


def sent(chance: random.Random) -> bytes:
    """A body as Stripe prints it: indented by two blanks, in UTF-8."""
    name = "".join(chance.choices('abcäö€/\\"', k=12))
    event = {"id": f"evt_{chance.random()}", "data": {"amount": chance.randrange(9), "n": name}}
    return json.dumps(event, indent=2, ensure_ascii=False).encode()


def signed(body: bytes, secret: str = SECRET, at: int = NOW) -> str:
    """The genuine header."""
    return stripe_signature(body, secret, at)


Make = Callable[[random.Random], Case]


def _changed(name: str, diagnosis: Diagnosis | None, change: Callable[[bytes], bytes]) -> Make:
    def make(chance: random.Random) -> Case:
        body = sent(chance)
        return Case(name, change(body), signed(body), Cause.MISMATCH, diagnosis)

    return make


def _timed(name: str, cause: Cause, sign: int) -> Make:
    def make(chance: random.Random) -> Case:
        body = sent(chance)
        at = NOW + sign * chance.randrange(301, 10**8)
        return Case(name, body, signed(body, at=at), cause)

    return make


def _secret(name: str, secret: str, diagnosis: Diagnosis | None) -> Make:
    def make(chance: random.Random) -> Case:
        body = sent(chance)
        return Case(name, body, signed(body, secret), Cause.MISMATCH, diagnosis)

    return make


def _header(name: str, cause: Cause, change: Callable[[str, random.Random], str | None]) -> Make:
    def make(chance: random.Random) -> Case:
        body = sent(chance)
        return Case(name, body, change(signed(body), chance), cause)

    return make


def _spoilt(header: str, chance: random.Random) -> str:
    return chance.choice(
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


def _printed(body: bytes) -> bytes:
    return json.dumps(json.loads(body), separators=(",", ":")).encode()


def _letter(body: bytes) -> bytes:
    return body.replace(b"evt_", b"evt-")


MAKERS: list[Make] = [
    _timed("stale", Cause.STALE, -1),
    _timed("future", Cause.FROM_FUTURE, 1),
    _header("missing", Cause.HEADER_MISSING, lambda _h, chance: chance.choice([None, ""])),
    _header("malformed", Cause.HEADER_MALFORMED, _spoilt),
    _header("only v0", Cause.NO_V1, lambda header, _: header.replace("v1=", "v0=")),
    _header("another body's", Cause.MISMATCH, lambda _h, chance: signed(b"%f" % chance.random())),
    _secret("no such secret", FOREIGN, None),
    _secret("shadowed secret", SHADOWED, Diagnosis.OTHER_SECRET),
    _changed("tampered", None, _letter),
    _changed("compact", Diagnosis.BODY_RESERIALIZED, _printed),
    _changed(
        "keys as read, four blanks",
        Diagnosis.BODY_RESERIALIZED,
        lambda body: json.dumps(json.loads(body), indent=4).encode(),
    ),
    _changed(
        "line ends", Diagnosis.LINE_ENDINGS_CHANGED, lambda body: body.replace(b"\n", b"\r\n")
    ),
    _changed("end", Diagnosis.TRAILING_WHITESPACE_CHANGED, lambda body: body + b"\n"),
    _changed("mark", Diagnosis.BOM_ADDED, lambda body: b"\xef\xbb\xbf" + body),
    _changed(
        "decoded as Latin-1",
        Diagnosis.ENCODING_CHANGED,
        lambda body: body.decode("latin-1").encode(),
    ),
]


def corpus() -> list[Case]:
    """So many of each cause, other ones each, the same each time."""
    chance = random.Random(9)
    return [make(chance) for make in MAKERS for _ in range(CASES_EACH)]


def verdict_of(case: Case) -> tuple[Cause | None, Diagnosis | None]:
    """What is said about it."""
    verdict = diagnose(
        case.body,
        case.header,
        [SECRET],
        others={".env STRIPE_WEBHOOK_SECRET": [SHADOWED], "flag": []},
        now=NOW,
        tolerance_seconds=300,
    )
    for secret in (SECRET, SHADOWED, FOREIGN, case.header or "-none-"):
        assert secret not in verdict.detail
    return verdict.cause, verdict.diagnosis


def test_each_cause_is_named_rightly_and_none_wrongly() -> None:
    """Of more than 500 failures all have their cause, and a diagnosis where there is one."""
    cases = corpus()
    assert len(cases) >= 500
    wrong = [
        (case.name, verdict_of(case))
        for case in cases
        if verdict_of(case) != (case.cause, case.diagnosis)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["stale", "future", "malformed", "compact", "shadowed secret"])
def test_a_wrong_name_would_be_noticed(name: str) -> None:
    """The control: a case with its cause taken away gets another verdict."""
    case = next(case for case in corpus() if case.name == name)
    mended = signed(case.body)
    assert verdict_of(Case(name, case.body, mended, case.cause)) == (None, None)


def test_it_agrees_with_the_sdk_but_for_what_is_stricter_here() -> None:
    """What does not hold here does not hold there, but for times and a stricter grammar."""
    for case in corpus():
        try:
            stripe.WebhookSignature.verify_header(
                case.body.decode(), case.header or "", SECRET, tolerance=10**9
            )
            theirs = True
        except stripe.SignatureVerificationError:
            theirs = False
        if theirs:
            assert case.cause in (Cause.FROM_FUTURE, Cause.STALE, Cause.HEADER_MALFORMED)


def test_what_holds_is_said_to_hold() -> None:
    """A genuine request has no cause, as for `verify` itself."""
    body = sent(random.Random(1))
    assert verdict_of(Case("good", body, signed(body), Cause.MISMATCH)) == (None, None)
    assert verify(body, signed(body), [SECRET], now=NOW, tolerance_seconds=300) == NOW


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (f"t={NOW},v1=xyz", "at character 14"),
        (f"t={NOW},v0=a,bad", "item 3 must be name=value, without white space (at character 19"),
    ],
)
def test_a_malformed_header_is_shown_where(header: str, place: str) -> None:
    """The message names the item and its first character."""
    with pytest.raises(SignatureInvalid) as caught:
        verify(b"{}", header, [SECRET], now=NOW, tolerance_seconds=300)
    assert place in caught.value.detail
