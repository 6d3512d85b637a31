"""Expected signatures come from openssl, expected verdicts from Stripe's own library."""

import hmac
import re
import string
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import stripe
from hypothesis import assume, example, given
from hypothesis import strategies as st

from paycli.errors import PaycliError
from paycli.webhooks import signature
from paycli.webhooks.signature import Cause, SignatureInvalid, sign, verify

NOW = 1_700_000_000
SECRET = "whsec_test_secret"
ROLLED = "whsec_rolled"
BODY = b'{"id":"evt_1"}'
BINARY = b"\xff\xfe\x00{"

# printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret
V1 = "248a374f50f943a28b0f6ab50faf9a7e7e29b710fa26df9fb1618b9bf8ea9c9a"
# The same with -hmac whsec_rolled, then with other bodies: none, and BINARY.
V1_ROLLED = "573df347b9567cd6b6f659e8fa93b095c03e599579d48e4feeec482c3f62475a"
V1_EMPTY = "316b9ab98c15bfa039d243f3196acee619cf29749a91a634e6a8154e2f7b6727"
V1_BINARY = "5a58cb724dc84b80f4753e94d6614488dca770967f867f85e40567b22f723c61"
VALID = f"t={NOW},v1={V1}"
WRONG = "0" * 64


def result_of(
    header: str | None,
    body: bytes = BODY,
    secrets: Sequence[str] = (SECRET,),
    *,
    now: float = NOW,
    tolerance_seconds: int = 300,
) -> Cause | int:
    """Return the timestamp of a valid signature, else the cause."""
    try:
        return verify(body, header, secrets, now=now, tolerance_seconds=tolerance_seconds)
    except SignatureInvalid as refused:
        return refused.cause


def detail(header: str | None, **changes: float) -> str:
    """Return the message with which a header is refused."""
    with pytest.raises(SignatureInvalid) as refused:
        verify(BODY, header, [SECRET], **{"now": NOW, "tolerance_seconds": 300, **changes})  # type: ignore[arg-type]  # a dictionary has one type of values
    return refused.value.detail


@pytest.mark.parametrize(("body", "v1"), [(BODY, V1), (b"", V1_EMPTY), (BINARY, V1_BINARY)])
def test_signs_and_verifies_as_openssl_does(body: bytes, v1: str) -> None:
    """Text, empty and binary bodies have the signatures that openssl computes."""
    assert sign(body, SECRET, NOW) == f"t={NOW},v1={v1}"
    assert result_of(f"t={NOW},v1={v1}", body) == NOW


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        BODY + b" ",
        BODY[:-1],
        b"\xef\xbb\xbf" + BODY,
        BODY + b"\0",
        BODY.upper(),
        BINARY,
    ],
)
def test_the_signature_of_another_body_is_invalid(body: bytes) -> None:
    """Any change of the body, also of insignificant whitespace, makes the signature invalid."""
    assert result_of(VALID, body) is Cause.MISMATCH


def test_another_time_secret_or_signature_is_invalid() -> None:
    """The timestamp is signed, every digit is compared, and secrets must match exactly."""
    assert result_of(f"t={NOW + 1},v1={V1}") is Cause.MISMATCH
    assert result_of(f"t=0{NOW},v1={V1}") is Cause.MISMATCH
    for place in range(64):
        other = "1" if V1[place] == "0" else "0"
        assert result_of(f"t={NOW},v1={V1[:place]}{other}{V1[place + 1 :]}") is Cause.MISMATCH
    for secret in (
        ROLLED,
        SECRET + " ",
        SECRET[:-1],
        SECRET.upper(),
        SECRET.removeprefix("whsec_"),
    ):
        assert result_of(VALID, secrets=[secret]) is Cause.MISMATCH


@pytest.mark.parametrize(
    ("header", "secrets", "valid"),
    [
        (VALID, [ROLLED, SECRET], True),
        (VALID, [SECRET, ROLLED], True),
        (VALID, ("a", "b", SECRET), True),
        (f"t={NOW},v1={WRONG},v1={V1}", [SECRET], True),
        (f"t={NOW},v1={V1},v1={WRONG}", [SECRET], True),
        (f"t={NOW},v1={WRONG},v1={V1_ROLLED},v1={WRONG}", [SECRET, ROLLED], True),
        (f"v1={V1},t={NOW}", [SECRET], True),
        (f"v1={WRONG},t={NOW},v1={V1}", [SECRET], True),
        (f"t={NOW},v1={WRONG},v1={V1_ROLLED}", [SECRET], False),
        (f"t={NOW},v1={WRONG}", [SECRET, ROLLED], False),
        (VALID, [ROLLED], False),
    ],
)
def test_any_secret_may_match_any_v1_item(
    header: str, secrets: Sequence[str], *, valid: bool
) -> None:
    """During a rotation there are several of both; one matching pair is sufficient."""
    assert result_of(header, secrets=secrets) == (NOW if valid else Cause.MISMATCH)


@pytest.mark.parametrize("v1", [[V1, WRONG, WRONG], [WRONG, WRONG, V1], [WRONG] * 3])
@pytest.mark.parametrize("secrets", [[SECRET, ROLLED], [ROLLED, SECRET]])
def test_every_pair_is_compared_in_constant_time(
    v1: list[str], secrets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All secrets are compared with all signatures by compare_digest, whether they match."""
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return hmac.compare_digest(left, right)

    watched = SimpleNamespace(digest=hmac.digest, compare_digest=compare_digest)
    monkeypatch.setattr(signature, "hmac", watched)
    result_of(",".join([f"t={NOW}", *(f"v1={one}" for one in v1)]), secrets=secrets)
    expected = {SECRET: V1.encode(), ROLLED: V1_ROLLED.encode()}
    assert sorted(compared) == sorted(
        (expected[secret], one.encode()) for secret in secrets for one in v1
    )


@pytest.mark.parametrize("extra", ["v0=" + V1, "v2=abc", "v1x=1", "T=5", "a=b=c=", "v10=" + WRONG])
def test_other_schemes_are_ignored(extra: str) -> None:
    """Items with other names are ignored in any position, even with a valid signature."""
    assert result_of(f"{extra},{VALID}") == NOW
    assert result_of(f"{VALID},{extra}") == NOW
    assert result_of(f"t={NOW},{extra}") is Cause.NO_V1
    assert result_of(f"t={NOW},v1={WRONG},v0={V1}") is Cause.MISMATCH


@pytest.mark.parametrize(
    ("now", "verdict"),
    [
        (NOW, NOW),
        (NOW + 300, NOW),
        (NOW - 300, NOW),
        (NOW + 300.001, Cause.STALE),
        (NOW - 300.001, Cause.FROM_FUTURE),
        (NOW + 301, Cause.STALE),
        (NOW - 301, Cause.FROM_FUTURE),
        (NOW + 10**9, Cause.STALE),
        (0, Cause.FROM_FUTURE),
    ],
)
def test_the_timestamp_may_differ_by_the_tolerance(now: float, verdict: Cause | int) -> None:
    """The limit is inclusive and applies to the past and the future."""
    assert result_of(VALID, now=now) == verdict


def test_the_tolerance_is_a_parameter() -> None:
    """Other limits than the usual 300 s are respected."""
    assert result_of(VALID, now=NOW + 11, tolerance_seconds=10) is Cause.STALE
    assert result_of(VALID, now=NOW - 11, tolerance_seconds=10) is Cause.FROM_FUTURE
    assert result_of(VALID, now=NOW + 3600, tolerance_seconds=3600) == NOW


def test_the_signature_is_checked_before_the_time() -> None:
    """Without the secret, a client learns nothing about this machine's clock."""
    assert result_of(f"t={NOW},v1={WRONG}", now=NOW + 10**6) is Cause.MISMATCH
    assert result_of(f"t={NOW},v1={WRONG}", now=NOW - 10**6) is Cause.MISMATCH


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (",", "item 1 must be name=value"),
        ("t", "item 1 must be t= with 1 to 12 digits"),
        (f"t={NOW}", "has no v1"),
        (f"v1={V1}", "has no t"),
        (f"{VALID},t={NOW}", "item 3 is a second t"),
        (f"t={NOW},{VALID}", "item 2 is a second t"),
        *(
            (f"t={t},v1={V1}", "item 1 must be t= with")
            for t in ("", "-1", "+1", "1e9", "1.0", "0x1")
        ),
        *(
            (f"t={t},v1={V1}", "item 1 must be t= with")
            for t in ("1_700_000_000", f" {NOW}", "1" * 13)
        ),
        *(
            (f"t={t},v1={V1}", "item 1 must be t= with")
            for t in (f"{NOW}\n", "\xb2", "\u0661" * 10, f"{NOW}=1")
        ),
        *((f"t={NOW},v1={v}", "item 2 must be v1= with 64") for v in ("", "é", V1[:-1], V1 + "0")),
        *(
            (f"t={NOW},v1={v}", "item 2 must be v1= with 64")
            for v in (V1.upper(), f"{V1}=", f"{V1}\n")
        ),
        (f"{VALID},v1=nonsense", "item 3 must be v1= with 64"),
        *(
            (f"{VALID}{end}", "item 3 must be name=value")
            for end in (",", ",v0", ",=v", ",v0=", ",v0=é")
        ),
        *(
            (f"{VALID},v0={value}", "item 3 must be name=value")
            for value in ("a b", "\0", "\x7f", "\t")
        ),
        (f"t={NOW}, v1={V1}", "item 2 must be name=value, without white space"),
        (f" t={NOW},v1={V1}", "item 1 must be name=value, without white space"),
        (f"t={NOW},,v1={V1}", "item 2 must be name=value"),
        (f"t={NOW};v1={V1}", "item 1 must be t= with"),
        (f"{VALID},v0={'a' * 4096}", "more than 4096 characters"),
        ("," * 60_000, "more than 4096 characters"),
    ],
    ids=lambda text: ascii(text)[1:30],
)
def test_a_malformed_header_is_refused_with_its_position(header: str, says: str) -> None:
    """Any syntax error refuses the header, even if it contains a valid signature."""
    assert says in detail(header)
    assert result_of(header) is (Cause.NO_V1 if says == "has no v1" else Cause.HEADER_MALFORMED)


def test_a_header_may_be_as_long_as_the_limit() -> None:
    """The maximum length is accepted, one more character is not."""
    header = VALID + ",v0="
    assert result_of(header + "a" * (4096 - len(header))) == NOW
    assert result_of(header + "a" * (4097 - len(header))) is Cause.HEADER_MALFORMED


def test_messages_say_why_and_what_to_do() -> None:
    """Each cause that a real sender can run into has a message with numbers and a remedy."""
    assert "Stripe-Signature header is missing" in detail(None)
    assert detail("") == detail(None)
    assert result_of(None) is result_of("") is Cause.HEADER_MISSING
    assert "signed 412 s ago; the limit is 300 s" in detail(VALID, now=NOW + 412)
    assert "signed 301 s ago; the limit is 300 s" in detail(VALID, now=NOW + 300.2)
    assert "signed 412 s in the future; the limit is 9 s" in detail(
        VALID, now=NOW - 412, tolerance_seconds=9
    )
    assert "check that the signing secret is this endpoint's" in detail(f"t={NOW},v1={WRONG}")


def test_the_error_is_a_paycli_error() -> None:
    """Its code and its causes are stable."""
    assert issubclass(SignatureInvalid, PaycliError)
    assert SignatureInvalid.code == "signature_invalid"
    assert sorted(Cause) == [
        *["from_future", "header_malformed", "header_missing", "mismatch", "no_v1", "stale"]
    ]


@pytest.mark.parametrize(
    ("header", "now"),
    [
        (f"t={NOW},v1={WRONG}", NOW),
        (VALID, NOW + 301),
        (VALID, NOW - 301),
        (f"{VALID},é", NOW),
        (f"t={NOW},v0={V1}", NOW),
        (f"v1={V1}", NOW),
        (None, NOW),
    ],
)
def test_the_error_contains_no_secret(header: str | None, now: float) -> None:
    """No text of the error contains a secret, the expected signature or the body."""
    with pytest.raises(SignatureInvalid) as refused:
        verify(BODY, header, [SECRET, ROLLED], now=now, tolerance_seconds=300)
    error = refused.value
    texts = f"{error} {error!r} {vars(error)} {error.args} {error.__context__!r}"
    texts += "".join(traceback.format_exception_only(error))
    for hidden in (SECRET, ROLLED, V1, V1_ROLLED, "evt_1"):
        assert hidden not in texts


@pytest.mark.parametrize("secrets", [[], [""], [SECRET, ""], [" "], [SECRET, "\t\n"], (), SECRET])
def test_missing_and_blank_secrets_are_refused(secrets: Sequence[str]) -> None:
    """Blank secrets, which anyone could sign with, and a string instead of a list are refused."""
    with pytest.raises(ValueError, match="secrets must be a list") as refused:
        verify(BODY, VALID, secrets, now=NOW, tolerance_seconds=300)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("tolerance_seconds", [0, -1])
def test_the_tolerance_cannot_be_disabled(tolerance_seconds: int) -> None:
    """A tolerance of 0, which disables the check in Stripe's library, raises ValueError."""
    with pytest.raises(ValueError, match="above 0"):
        verify(BODY, VALID, [SECRET], now=NOW, tolerance_seconds=tolerance_seconds)


@pytest.mark.parametrize(
    ("secret", "timestamp"), [("", NOW), (" ", NOW), (SECRET, -1), (SECRET, 10**12)]
)
def test_signing_refuses_what_would_not_verify(secret: str, timestamp: int) -> None:
    """Blank secrets and timestamps outside the header's range raise ValueError."""
    with pytest.raises(ValueError, match=r"the (signing secret|timestamp) "):
        sign(BODY, secret, timestamp)


BODIES = st.binary(max_size=200)
SECRETS = st.text(string.ascii_letters + string.digits + "_é", min_size=1, max_size=40)
LATIN_1 = st.characters(max_codepoint=255)


@given(BODIES, st.lists(SECRETS, min_size=1, max_size=4), st.integers(0, 10**12 - 1), st.data())
def test_a_signature_verifies_with_its_secret_among_others(
    body: bytes, secrets: list[str], timestamp: int, data: st.DataObject
) -> None:
    """Any signed bytes verify; with one more byte they do not."""
    header = sign(body, data.draw(st.sampled_from(secrets)), timestamp)
    assert result_of(header, body, secrets, now=timestamp) == timestamp
    assert result_of(header, body + b"\n", secrets, now=timestamp) is Cause.MISMATCH


@given(st.text(LATIN_1, max_size=300) | st.text(max_size=50), BODIES)
@example("\0" * 5000, b"")
@example("t=\ud800,v1=" + V1, BODY)
def test_any_other_header_is_refused_with_a_cause(header: str, body: bytes) -> None:
    """No header is accepted or raises another exception."""
    assert isinstance(result_of(header, body), Cause)


@given(at=st.integers(0, len(VALID)), cut=st.integers(0, 3), put=st.text(LATIN_1, max_size=3))
def test_any_small_change_of_a_valid_header_is_refused(at: int, cut: int, put: str) -> None:
    """A change of up to three characters in one place makes a header invalid."""
    header = VALID[:at] + put + VALID[at + cut :]
    assume(header != VALID)
    assert isinstance(result_of(header), Cause)


class Difference(NamedTuple):
    """A class of headers that only Stripe's library accepts, and an example."""

    applies: Callable[[str, float], bool]
    header: str
    now: float = NOW


def values(header: str, name: str) -> list[str]:
    """Return the values of the items with that name; the name itself without a value."""
    items = [item.partition("=") for item in header.split(",")]
    return [value if equals else name for key, equals, value in items if key == name]


def has_other_value(pattern: str, header: str, name: str) -> bool:
    """Return whether an item with that name has a value that does not match the pattern."""
    return not all(re.fullmatch(pattern, value) for value in values(header, name))


def is_too_far_ahead(header: str, now: float) -> bool:
    """Return whether the library reads a timestamp beyond the tolerance."""
    try:
        return int(values(header, "t")[0].split("=")[0]) > now + 300
    except (ValueError, IndexError):
        return False


DIFFERENCES = {
    "a time too far ahead": Difference(is_too_far_ahead, VALID, NOW - 301),
    "a time that int() reads, but not 1 to 12 ASCII digits without zeros in front": Difference(
        lambda header, _: has_other_value("[1-9][0-9]{0,11}", header, "t"),
        f"t=1_700_000_000,v1={V1}",
    ),
    "a second time, of which the library takes the first": Difference(
        lambda header, _: len(values(header, "t")) > 1, f"{VALID},t=1"
    ),
    "a v1 that is no signature beside one that is, or more after a second =": Difference(
        lambda header, _: has_other_value("[0-9a-f]{64}", header, "v1"),
        f"t={NOW},v1=x,v1={V1}",
    ),
    "an item that is not name=value in printable ASCII": Difference(
        lambda header, _: (
            not all(re.fullmatch("[!-<>-~]+=[!-~]+", item) for item in header.split(","))
        ),
        f"{VALID}, v0=x",
    ),
    "more than 4096 characters": Difference(
        lambda header, _: len(header) > 4096, f"{VALID},v0={'a' * 4096}"
    ),
}


class Clock:
    """Replaces the module `time` in Stripe's library."""

    now: float = NOW

    def time(self) -> float:
        """Return the time that was set."""
        return self.now


Oracle = Callable[[bytes, str, float], bool]


@pytest.fixture(scope="module")
def sdk() -> Iterator[Oracle]:
    """Return whether Stripe's library accepts a header for a body at a time."""
    clock = Clock()

    def takes(body: bytes, header: str, now: float) -> bool:
        clock.now = now
        try:
            stripe.WebhookSignature.verify_header(body, header, SECRET, 300)
        except stripe.SignatureVerificationError:
            return False
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stripe._webhook.time", clock)
        yield takes


ITEMS = st.one_of(
    st.sampled_from([f"t={NOW}", f"v1={V1}", f"v1={WRONG}", f"v0={V1}", "v2=x"]),
    st.sampled_from([f"t={NOW - 400}", f"t={NOW + 400}", f"t=+{NOW}", f"t=0{NOW}", f"t= {NOW}"]),
    st.sampled_from(["t=1_700_000_000", f"t={NOW}=", "t", "v1", "", f"v1={V1}=x", f" v1={V1}"]),
    st.sampled_from([f"v1={V1.upper()}", f"v1={V1[:-1]}", "a" * 4096, f"T={NOW}", f"V1={V1}"]),
    st.text(st.characters(max_codepoint=126), max_size=8),
)


# Few random headers are valid; these often are, so that both verdicts are compared.
ITEMS_AROUND_VALID = st.lists(ITEMS, max_size=2).flatmap(
    lambda extra: st.permutations([f"t={NOW}", f"v1={V1}", *extra])
)


@given(
    items=st.lists(ITEMS, max_size=5) | ITEMS_AROUND_VALID,
    body=st.sampled_from([BODY, BODY, b"", b"{}"]),
    now=st.integers(NOW - 600, NOW + 600) | st.sampled_from([NOW - 300, NOW + 300, NOW + 300.5]),
)
@example(items=[VALID], body=BODY, now=NOW)
def test_agrees_with_stripes_library_except_for_intended_differences(
    items: list[str], body: bytes, now: float, sdk: Oracle
) -> None:
    """We accept nothing that the library refuses; what only we refuse has a named reason."""
    header = ",".join(items)
    takes = not isinstance(result_of(header, body, now=now), Cause)
    if takes != sdk(body, header, now):
        assert not takes, "accepted, but refused by Stripe's library"
        assert any(difference.applies(header, now) for difference in DIFFERENCES.values())


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_intended_difference_exists(name: str, sdk: Oracle) -> None:
    """For each one there is a header that is refused for it alone."""
    _, header, now = DIFFERENCES[name]
    assert sdk(BODY, header, now)
    assert isinstance(result_of(header, now=now), Cause)
    assert [
        name for name, difference in DIFFERENCES.items() if difference.applies(header, now)
    ] == [name]


def test_input_that_crashes_stripes_library_gets_a_verdict() -> None:
    """A binary body verifies, and a non-ASCII signature is refused."""
    with pytest.raises(UnicodeDecodeError):
        stripe.WebhookSignature.verify_header(BINARY, f"t={NOW},v1={V1_BINARY}", SECRET)
    assert result_of(f"t={NOW},v1={V1_BINARY}", BINARY) == NOW
    with pytest.raises(TypeError):
        stripe.WebhookSignature.verify_header(BODY, f"t={NOW},v1=é", SECRET)
    assert result_of(f"t={NOW},v1=é") is Cause.HEADER_MALFORMED


def test_signing_accepts_the_whole_range_of_the_header() -> None:
    """The first and the last timestamp of at most 12 digits."""
    for timestamp in (0, 10**12 - 1):
        assert sign(BODY, SECRET, timestamp).startswith(f"t={timestamp},v1=")
