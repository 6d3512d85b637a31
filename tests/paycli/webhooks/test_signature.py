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
GOOD = f"t={NOW},v1={V1}"
WRONG = "0" * 64


def check(
    header: str | None,
    body: bytes = BODY,
    secrets: Sequence[str] = (SECRET,),
    *,
    now: float = NOW,
    tolerance_seconds: int = 300,
) -> Cause | int:
    """The verdict: the time of a signature that holds, else the cause."""
    try:
        return verify(body, header, secrets, now=now, tolerance_seconds=tolerance_seconds)
    except SignatureInvalid as refused:
        return refused.cause


def detail(header: str | None, **changes: float) -> str:
    """The sentence with which a header is refused."""
    with pytest.raises(SignatureInvalid) as refused:
        verify(BODY, header, [SECRET], **{"now": NOW, "tolerance_seconds": 300, **changes})  # type: ignore[arg-type]  # a dictionary has one type of values
    return refused.value.detail


@pytest.mark.parametrize(("body", "v1"), [(BODY, V1), (b"", V1_EMPTY), (BINARY, V1_BINARY)])
def test_signs_and_verifies_as_openssl_does(body: bytes, v1: str) -> None:
    """A text, an empty and a binary body have the signatures that openssl computes."""
    assert sign(body, SECRET, NOW) == f"t={NOW},v1={v1}"
    assert check(f"t={NOW},v1={v1}", body) == NOW


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
def test_another_body_does_not_hold(body: bytes) -> None:
    """Any change of the body, also one that JSON would not notice, breaks the signature."""
    assert check(GOOD, body) is Cause.MISMATCH


def test_another_time_secret_or_signature_does_not_hold() -> None:
    """The time is signed too; each digit of the signature counts; secrets are exact."""
    assert check(f"t={NOW + 1},v1={V1}") is Cause.MISMATCH
    assert check(f"t=0{NOW},v1={V1}") is Cause.MISMATCH
    for place in range(64):
        other = "1" if V1[place] == "0" else "0"
        assert check(f"t={NOW},v1={V1[:place]}{other}{V1[place + 1 :]}") is Cause.MISMATCH
    for secret in (
        ROLLED,
        SECRET + " ",
        SECRET[:-1],
        SECRET.upper(),
        SECRET.removeprefix("whsec_"),
    ):
        assert check(GOOD, secrets=[secret]) is Cause.MISMATCH


@pytest.mark.parametrize(
    ("header", "secrets", "holds"),
    [
        (GOOD, [ROLLED, SECRET], True),
        (GOOD, [SECRET, ROLLED], True),
        (GOOD, ("a", "b", SECRET), True),
        (f"t={NOW},v1={WRONG},v1={V1}", [SECRET], True),
        (f"t={NOW},v1={V1},v1={WRONG}", [SECRET], True),
        (f"t={NOW},v1={WRONG},v1={V1_ROLLED},v1={WRONG}", [SECRET, ROLLED], True),
        (f"v1={V1},t={NOW}", [SECRET], True),
        (f"v1={WRONG},t={NOW},v1={V1}", [SECRET], True),
        (f"t={NOW},v1={WRONG},v1={V1_ROLLED}", [SECRET], False),
        (f"t={NOW},v1={WRONG}", [SECRET, ROLLED], False),
        (GOOD, [ROLLED], False),
    ],
)
def test_any_secret_may_have_signed_in_any_v1(
    header: str, secrets: Sequence[str], *, holds: bool
) -> None:
    """While a secret is rolled there are several on both sides; one pair that fits is enough."""
    assert check(header, secrets=secrets) == (NOW if holds else Cause.MISMATCH)


@pytest.mark.parametrize("v1", [[V1, WRONG, WRONG], [WRONG, WRONG, V1], [WRONG] * 3])
@pytest.mark.parametrize("secrets", [[SECRET, ROLLED], [ROLLED, SECRET]])
def test_every_pair_is_compared_in_constant_time(
    v1: list[str], secrets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All secrets are compared with all signatures by compare_digest on bytes, match or not."""
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(left: bytes, right: bytes) -> bool:
        compared.append((left, right))
        return hmac.compare_digest(left, right)

    watched = SimpleNamespace(digest=hmac.digest, compare_digest=compare_digest)
    monkeypatch.setattr(signature, "hmac", watched)
    check(",".join([f"t={NOW}", *(f"v1={one}" for one in v1)]), secrets=secrets)
    expected = {SECRET: V1.encode(), ROLLED: V1_ROLLED.encode()}
    assert sorted(compared) == sorted(
        (expected[secret], one.encode()) for secret in secrets for one in v1
    )


@pytest.mark.parametrize("extra", ["v0=" + V1, "v2=abc", "v1x=1", "T=5", "a=b=c=", "v10=" + WRONG])
def test_other_schemes_are_ignored(extra: str) -> None:
    """Items of other names say nothing, wherever they stand, not even with a right value."""
    assert check(f"{extra},{GOOD}") == NOW
    assert check(f"{GOOD},{extra}") == NOW
    assert check(f"t={NOW},{extra}") is Cause.NO_V1
    assert check(f"t={NOW},v1={WRONG},v0={V1}") is Cause.MISMATCH


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
def test_the_time_may_differ_by_the_tolerance_and_no_more(now: float, verdict: Cause | int) -> None:
    """The limit counts both ways, to the second that it names and not beyond."""
    assert check(GOOD, now=now) == verdict


def test_the_tolerance_is_the_callers() -> None:
    """A narrower or wider limit than the usual 300 s is kept."""
    assert check(GOOD, now=NOW + 11, tolerance_seconds=10) is Cause.STALE
    assert check(GOOD, now=NOW - 11, tolerance_seconds=10) is Cause.FROM_FUTURE
    assert check(GOOD, now=NOW + 3600, tolerance_seconds=3600) == NOW


def test_the_signature_is_checked_before_the_time() -> None:
    """Without the secret nobody learns anything of this machine's clock."""
    assert check(f"t={NOW},v1={WRONG}", now=NOW + 10**6) is Cause.MISMATCH
    assert check(f"t={NOW},v1={WRONG}", now=NOW - 10**6) is Cause.MISMATCH


@pytest.mark.parametrize(
    ("header", "says"),
    [
        (",", "item 1 must be name=value"),
        ("t", "item 1 must be t= with 1 to 12 digits"),
        (f"t={NOW}", "has no v1"),
        (f"v1={V1}", "has no t"),
        (f"{GOOD},t={NOW}", "item 3 is a second t"),
        (f"t={NOW},{GOOD}", "item 2 is a second t"),
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
        (f"{GOOD},v1=nonsense", "item 3 must be v1= with 64"),
        *(
            (f"{GOOD}{end}", "item 3 must be name=value")
            for end in (",", ",v0", ",=v", ",v0=", ",v0=é")
        ),
        *(
            (f"{GOOD},v0={value}", "item 3 must be name=value")
            for value in ("a b", "\0", "\x7f", "\t")
        ),
        (f"t={NOW}, v1={V1}", "item 2 must be name=value, without white space"),
        (f" t={NOW},v1={V1}", "item 1 must be name=value, without white space"),
        (f"t={NOW},,v1={V1}", "item 2 must be name=value"),
        (f"t={NOW};v1={V1}", "item 1 must be t= with"),
        (f"{GOOD},v0={'a' * 4096}", "more than 4096 characters"),
        ("," * 60_000, "more than 4096 characters"),
    ],
    ids=lambda text: ascii(text)[1:30],
)
def test_a_malformed_header_is_refused_and_says_where(header: str, says: str) -> None:
    """Each break of the grammar refuses the header, though it holds a signature that fits."""
    assert says in detail(header)
    assert check(header) is (Cause.NO_V1 if says == "has no v1" else Cause.HEADER_MALFORMED)


def test_a_header_may_be_as_long_as_the_limit() -> None:
    """The limit is the last length that passes."""
    header = GOOD + ",v0="
    assert check(header + "a" * (4096 - len(header))) == NOW
    assert check(header + "a" * (4097 - len(header))) is Cause.HEADER_MALFORMED


def test_details_say_why_and_what_to_do() -> None:
    """Each cause that a genuine sender can run into has a sentence with numbers and a cure."""
    assert "Stripe-Signature header is missing" in detail(None)
    assert detail("") == detail(None)
    assert check(None) is check("") is Cause.HEADER_MISSING
    assert "signed 412 s ago; the limit is 300 s" in detail(GOOD, now=NOW + 412)
    assert "signed 301 s ago; the limit is 300 s" in detail(GOOD, now=NOW + 300.2)
    assert "signed 412 s in the future; the limit is 9 s" in detail(
        GOOD, now=NOW - 412, tolerance_seconds=9
    )
    assert "check that the signing secret is this endpoint's" in detail(f"t={NOW},v1={WRONG}")


def test_a_refusal_is_one_of_ours() -> None:
    """Whoever handles this project's errors handles this one; its code and causes are stable."""
    assert issubclass(SignatureInvalid, PaycliError)
    assert SignatureInvalid.code == "signature_invalid"
    assert sorted(Cause) == [
        *["from_future", "header_malformed", "header_missing", "mismatch", "no_v1", "stale"]
    ]


@pytest.mark.parametrize(
    ("header", "now"),
    [
        (f"t={NOW},v1={WRONG}", NOW),
        (GOOD, NOW + 301),
        (GOOD, NOW - 301),
        (f"{GOOD},é", NOW),
        (f"t={NOW},v0={V1}", NOW),
        (f"v1={V1}", NOW),
        (None, NOW),
    ],
)
def test_a_refusal_tells_no_secret(header: str | None, now: float) -> None:
    """Neither secrets nor the signature that would fit nor the body are in any text of an error."""
    with pytest.raises(SignatureInvalid) as refused:
        verify(BODY, header, [SECRET, ROLLED], now=now, tolerance_seconds=300)
    error = refused.value
    told = f"{error} {error!r} {vars(error)} {error.args} {error.__context__!r}"
    told += "".join(traceback.format_exception_only(error))
    for hidden in (SECRET, ROLLED, V1, V1_ROLLED, "evt_1"):
        assert hidden not in told


@pytest.mark.parametrize("secrets", [[], [""], [SECRET, ""], [" "], [SECRET, "\t\n"], (), SECRET])
def test_no_secret_or_a_blank_one_is_never_verified_with(secrets: Sequence[str]) -> None:
    """Empty secrets, with which anybody could sign, and a text instead of a list are refused."""
    with pytest.raises(ValueError, match="secrets must be a list") as refused:
        verify(BODY, GOOD, secrets, now=NOW, tolerance_seconds=300)
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("tolerance_seconds", [0, -1])
def test_the_time_limit_cannot_be_switched_off(tolerance_seconds: int) -> None:
    """A limit of 0, which switches it off elsewhere, is a mistake in the program here."""
    with pytest.raises(ValueError, match="above 0"):
        verify(BODY, GOOD, [SECRET], now=NOW, tolerance_seconds=tolerance_seconds)


@pytest.mark.parametrize(
    ("secret", "timestamp"), [("", NOW), (" ", NOW), (SECRET, -1), (SECRET, 10**12)]
)
def test_signs_nothing_that_would_not_verify(secret: str, timestamp: int) -> None:
    """Blank secrets and times out of the header's range are refused when signing already."""
    with pytest.raises(ValueError, match=r"the (signing secret|timestamp) "):
        sign(BODY, secret, timestamp)


BODIES = st.binary(max_size=200)
SECRETS = st.text(string.ascii_letters + string.digits + "_é", min_size=1, max_size=40)
LATIN_1 = st.characters(max_codepoint=255)


@given(BODIES, st.lists(SECRETS, min_size=1, max_size=4), st.integers(0, 10**12 - 1), st.data())
def test_what_is_signed_verifies_with_its_secret_among_others(
    body: bytes, secrets: list[str], timestamp: int, data: st.DataObject
) -> None:
    """Any bytes signed with any of the secrets hold, and with one byte more they don't."""
    header = sign(body, data.draw(st.sampled_from(secrets)), timestamp)
    assert check(header, body, secrets, now=timestamp) == timestamp
    assert check(header, body + b"\n", secrets, now=timestamp) is Cause.MISMATCH


@given(st.text(LATIN_1, max_size=300) | st.text(max_size=50), BODIES)
@example("\0" * 5000, b"")
@example("t=\ud800,v1=" + V1, BODY)
def test_no_header_gets_in_or_makes_it_fail_otherwise(header: str, body: bytes) -> None:
    """Whatever is sent in the header, the only answer is a refusal that names its cause."""
    assert isinstance(check(header, body), Cause)


@given(at=st.integers(0, len(GOOD)), cut=st.integers(0, 3), put=st.text(LATIN_1, max_size=3))
def test_any_small_change_of_a_good_header_is_noticed(at: int, cut: int, put: str) -> None:
    """A header with up to three characters changed in one place, too few for an item, fails."""
    header = GOOD[:at] + put + GOOD[at + cut :]
    assume(header != GOOD)
    assert isinstance(check(header), Cause)


class Difference(NamedTuple):
    """Headers that Stripe's library takes and we refuse, and one of which nothing else is wrong."""

    applies: Callable[[str, float], bool]
    header: str
    now: float = NOW


def values(header: str, name: str) -> list[str]:
    """What stands after `name=` in the items of that name; the name itself if nothing follows."""
    items = [item.partition("=") for item in header.split(",")]
    return [value if equals else name for key, equals, value in items if key == name]


def some_value_is_not(pattern: str, header: str, name: str) -> bool:
    """Whether the header has an item of that name with a value of another form."""
    return not all(re.fullmatch(pattern, value) for value in values(header, name))


def is_ahead(header: str, now: float) -> bool:
    """Whether the time, as the library reads it, is later than the tolerance allows."""
    try:
        return int(values(header, "t")[0].split("=")[0]) > now + 300
    except (ValueError, IndexError):
        return False


DIFFERENCES = {
    "a time too far ahead": Difference(is_ahead, GOOD, NOW - 301),
    "a time that int() reads, but not 1 to 12 ASCII digits without zeros in front": Difference(
        lambda header, _: some_value_is_not("[1-9][0-9]{0,11}", header, "t"),
        f"t=1_700_000_000,v1={V1}",
    ),
    "a second time, of which the library takes the first": Difference(
        lambda header, _: len(values(header, "t")) > 1, f"{GOOD},t=1"
    ),
    "a v1 that is no signature beside one that is, or more after a second =": Difference(
        lambda header, _: some_value_is_not("[0-9a-f]{64}", header, "v1"),
        f"t={NOW},v1=x,v1={V1}",
    ),
    "an item that is not name=value in printable ASCII": Difference(
        lambda header, _: (
            not all(re.fullmatch("[!-<>-~]+=[!-~]+", item) for item in header.split(","))
        ),
        f"{GOOD}, v0=x",
    ),
    "more than 4096 characters": Difference(
        lambda header, _: len(header) > 4096, f"{GOOD},v0={'a' * 4096}"
    ),
}


class Clock:
    """Stands in for the module `time` that Stripe's library asks."""

    now: float = NOW

    def time(self) -> float:
        """The moment that was set."""
        return self.now


Oracle = Callable[[bytes, str, float], bool]


@pytest.fixture(scope="module")
def sdk() -> Iterator[Oracle]:
    """Stripe's library as an oracle: whether it takes a header for a body at a moment."""
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


# Few random headers hold; these often do, so that agreement is tried on both verdicts.
ITEMS_AROUND_GOOD = st.lists(ITEMS, max_size=2).flatmap(
    lambda extra: st.permutations([f"t={NOW}", f"v1={V1}", *extra])
)


@given(
    items=st.lists(ITEMS, max_size=5) | ITEMS_AROUND_GOOD,
    body=st.sampled_from([BODY, BODY, b"", b"{}"]),
    now=st.integers(NOW - 600, NOW + 600) | st.sampled_from([NOW - 300, NOW + 300, NOW + 300.5]),
)
@example(items=[GOOD], body=BODY, now=NOW)
def test_agrees_with_stripes_library_but_for_differences_that_are_meant(
    items: list[str], body: bytes, now: float, sdk: Oracle
) -> None:
    """We take nothing that the library refuses; what we alone refuse, we refuse by a named rule."""
    header = ",".join(items)
    takes = not isinstance(check(header, body, now=now), Cause)
    if takes != sdk(body, header, now):
        assert not takes, "we take what Stripe's library refuses"
        assert any(meant.applies(header, now) for meant in DIFFERENCES.values())


@pytest.mark.parametrize("name", DIFFERENCES)
def test_each_difference_to_stripes_library_is_real(name: str, sdk: Oracle) -> None:
    """For every named difference there is a header that is refused for it and for nothing else."""
    _, header, now = DIFFERENCES[name]
    assert sdk(BODY, header, now)
    assert isinstance(check(header, now=now), Cause)
    assert [name for name, meant in DIFFERENCES.items() if meant.applies(header, now)] == [name]


def test_bodies_and_signatures_that_crash_stripes_library_get_a_verdict() -> None:
    """A binary body verifies, a signature outside ASCII is refused; the library fails on both."""
    with pytest.raises(UnicodeDecodeError):
        stripe.WebhookSignature.verify_header(BINARY, f"t={NOW},v1={V1_BINARY}", SECRET)
    assert check(f"t={NOW},v1={V1_BINARY}", BINARY) == NOW
    with pytest.raises(TypeError):
        stripe.WebhookSignature.verify_header(BODY, f"t={NOW},v1=é", SECRET)
    assert check(f"t={NOW},v1=é") is Cause.HEADER_MALFORMED
