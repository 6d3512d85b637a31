"""Mutation test of the verifier: each typical mistake is caught by a test vector."""

import hmac
import types
from pathlib import Path
from typing import NamedTuple

import pytest

from paycli.webhooks import signature

SOURCE = Path(signature.__file__).read_text(encoding="utf-8")
NOW = 1_700_000_000
SECRET, ROLLED = "whsec_test_secret", "whsec_rolled"
BODY = b'{"id":"evt_1"}'
# printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test_secret
V1 = "248a374f50f943a28b0f6ab50faf9a7e7e29b710fa26df9fb1618b9bf8ea9c9a"
# The same with -hmac whsec_rolled, and with the body \xff\xfe\0{.
V1_ROLLED = "573df347b9567cd6b6f659e8fa93b095c03e599579d48e4feeec482c3f62475a"
V1_BINARY = "5a58cb724dc84b80f4753e94d6614488dca770967f867f85e40567b22f723c61"
VALID = f"t={NOW},v1={V1}"
WRONG = "0" * 64
MISUSED = "misused"
MALFORMED, MISMATCH = "header_malformed", "mismatch"


def signed(time: str, body: bytes = BODY) -> str:
    """Return a valid signature for any timestamp."""
    return hmac.new(SECRET.encode(), f"{time}.".encode() + body, "sha256").hexdigest()


class Vector(NamedTuple):
    """The arguments, and the expected timestamp, cause, or MISUSED for a ValueError."""

    expected: int | str
    header: str | None
    body: bytes = BODY
    secrets: list[str] | str = [SECRET]  # noqa: RUF012  (never changed)
    now: float = NOW
    tolerance_seconds: int = 300


VECTORS = [
    Vector(NOW, VALID),
    Vector(NOW, VALID, secrets=[ROLLED, SECRET]),
    Vector(NOW, VALID, secrets=[SECRET, ROLLED]),
    Vector(NOW, f"t={NOW},v1={WRONG},v1={V1}"),
    Vector(NOW, f"t={NOW},v1={V1},v1={WRONG}"),
    Vector(NOW, f"t={NOW},v1={WRONG},v1={V1_ROLLED}", secrets=[SECRET, ROLLED]),
    Vector(NOW, f"v1={V1},t={NOW}"),
    Vector(NOW, f"{VALID},v0=x"),
    Vector(NOW, f"t={NOW},v1={V1_BINARY}", body=b"\xff\xfe\0{"),
    Vector(NOW, VALID, now=NOW + 300),
    Vector(NOW, VALID, now=NOW - 300),
    Vector("stale", VALID, now=NOW + 301),
    Vector("from_future", VALID, now=NOW - 301),
    Vector("stale", VALID, now=NOW + 10, tolerance_seconds=9),
    Vector("header_missing", None),
    Vector("header_missing", ""),
    Vector(MISMATCH, f"t={NOW},v1={WRONG}"),
    Vector("no_v1", f"t={NOW},v0={V1}"),
    Vector("no_v1", f"t={NOW}"),
    Vector(MALFORMED, f"v1={V1}"),
    Vector(MISMATCH, VALID, body=BODY + b" "),
    Vector(MISMATCH, VALID, body=BODY[:-1]),
    Vector(MISMATCH, VALID, body=b""),
    Vector(MISMATCH, VALID, secrets=[ROLLED]),
    Vector(MISMATCH, VALID, secrets=["test_secret"]),
    Vector(MISMATCH, VALID, secrets=[SECRET.upper()]),
    Vector(MISMATCH, f"t={NOW + 1},v1={V1}"),
    Vector(MISMATCH, f"t={NOW},v1={V1[:-1]}0"),
    Vector(MISMATCH, f"t={NOW},v1=0{V1[1:]}"),
    Vector(MALFORMED, f"t={NOW},v1={V1[:32]}"),
    Vector(MALFORMED, f"t={NOW},v1={V1.upper()}"),
    Vector(MALFORMED, f"t={NOW},v1="),
    Vector(MALFORMED, f"t=+{NOW},v1={signed(f'+{NOW}')}"),
    Vector(MALFORMED, f"t={'0' * 9}{NOW},v1={signed('0' * 9 + str(NOW))}"),
    Vector(MALFORMED, f"{VALID},v1={V1} x"),
    Vector(MISMATCH, VALID, body=b" " + BODY),
    Vector(MALFORMED, f"{VALID},t=1"),
    Vector(MALFORMED, f"{VALID},t={NOW}"),
    Vector(MALFORMED, f"t={NOW}, v1={V1}"),
    Vector(MALFORMED, f"{VALID},v1=é"),
    Vector(MALFORMED, f"{VALID},v0={'a' * 5000}"),
    Vector(MISUSED, VALID, secrets=[]),
    Vector(MISUSED, VALID, secrets=[SECRET, ""]),
    Vector(MISUSED, VALID, secrets=SECRET),
    Vector(MISUSED, VALID, now=NOW + 10**6, tolerance_seconds=0),
    Vector(MISUSED, VALID, tolerance_seconds=-1),
]


def module_of(source: str) -> types.ModuleType:
    """Execute the source as a separate module."""
    module = types.ModuleType("signature_under_test")
    exec(compile(source, "signature_under_test", "exec"), module.__dict__)
    return module


def verdict(module: types.ModuleType, vector: Vector) -> object:
    """Return the module's result for a vector: a timestamp, a cause, MISUSED or an error."""
    expected, header, body, secrets, now, tolerance = vector
    try:
        return module.verify(body, header, secrets, now=now, tolerance_seconds=tolerance)
    except module.SignatureInvalid as refused:
        return str(refused.cause)
    except ValueError as error:
        return MISUSED if expected == MISUSED else repr(error)
    except Exception as error:  # noqa: BLE001  (any other exception is a wrong result)
        return repr(error)


def compares_all(module: types.ModuleType) -> bool:
    """Return whether all pairs of secrets and signatures are compared, whichever matches."""
    compared: list[tuple[bytes, bytes]] = []

    class Watched:
        digest = staticmethod(module.hmac.digest)

        @staticmethod
        def compare_digest(left: bytes, right: bytes) -> bool:
            compared.append((left, right))
            return left == right

    module.hmac = Watched  # type: ignore[attr-defined]  # replaces the module's import
    header = f"t={NOW},v1={V1},v1={WRONG},v1={V1_ROLLED}"
    for secrets in ([SECRET, ROLLED], [ROLLED, SECRET]):
        compared.clear()
        verdict(module, Vector(NOW, header, secrets=secrets))
        fitting = {(V1.encode(), V1.encode()), (V1_ROLLED.encode(), V1_ROLLED.encode())}
        if len(compared) != 6 or not fitting <= set(compared):
            return False
    return True


def caught(source: str) -> bool:
    """Return whether a vector or the number of comparisons fails for this source."""
    module = module_of(source)
    wrong = [vector for vector in VECTORS if verdict(module, vector) != vector.expected]
    return bool(wrong) or not compares_all(module)


SIGNED = 'b"%b.%b" % (timestamp, payload)'
MISTAKES: dict[str, tuple[str, str]] = {
    "the comparison is skipped": ("    if not valid:", "    if False:"),
    "the result is inverted": ("    if not valid:", "    if valid:"),
    "only the last comparison counts": ("valid |= hmac", "valid = hmac"),
    "all must match": ("    valid = False", "    valid = True"),
    "it stops at the first match": (
        "            valid |= hmac.compare_digest(expected, signature)",
        "            valid |= hmac.compare_digest(expected, signature)\n"
        + " " * 12
        + "if valid: break",
    ),
    "it stops at the first matching secret": (
        "    for secret in secrets:",
        "    for secret in secrets:\n        if valid:\n            break",
    ),
    "it compares with ==": ("hmac.compare_digest(expected, signature)", "expected == signature"),
    "a prefix is enough": (
        "hmac.compare_digest(expected, signature)",
        "hmac.compare_digest(expected[:8], signature[:8])",
    ),
    "half of the signature is enough": (
        "hmac.compare_digest(expected, signature)",
        "hmac.compare_digest(expected[:32], signature[:32])",
    ),
    "only the first secret is tried": ("in secrets:", "in secrets[:1]:"),
    "only the last secret is tried": ("in secrets:", "in secrets[-1:]:"),
    "only the first signature is tried": ("in signatures:", "in signatures[:1]:"),
    "only the last signature is tried": ("in signatures:", "in signatures[-1:]:"),
    "the time is not signed": (SIGNED, "payload"),
    "the body is not signed": (SIGNED, "timestamp"),
    "body and time in the wrong order": (SIGNED, 'b"%b.%b" % (payload, timestamp)'),
    "the dot is missing": ('b"%b.%b" % (timestamp', 'b"%b%b" % (timestamp'),
    "the body is stripped": (SIGNED, 'b"%b.%b" % (timestamp, payload.strip())'),
    "the body is read as text": (
        SIGNED,
        'b"%b.%b" % (timestamp, payload.decode("utf-8", "replace").encode())',
    ),
    "another hash": ('"sha256"', '"sha512"'),
    "a weaker hash": ('"sha256"', '"md5"'),
    "the prefix of the secret is removed": (
        "secret.encode()",
        'secret.removeprefix("whsec_").encode()',
    ),
    "the secret's case does not count": ("secret.encode()", "secret.lower().encode()"),
    "no time limit": ("abs(age) <= tolerance_seconds", "True"),
    "no limit to the future": ("abs(age) <= tolerance_seconds", "age <= tolerance_seconds"),
    "no limit to the past": ("abs(age) <= tolerance_seconds", "-age <= tolerance_seconds"),
    "the limit itself is refused": ("abs(age) <= tolerance", "abs(age) < tolerance"),
    "a hard-coded limit": ("abs(age) <= tolerance_seconds", "abs(age) <= 300"),
    "the limit in milliseconds": (
        "abs(age) <= tolerance_seconds",
        "abs(age) <= tolerance_seconds * 1000",
    ),
    "a limit of 0 disables it": (
        "    if tolerance_seconds <= 0:",
        "    if tolerance_seconds < 0:",
    ),
    "an empty list of secrets is accepted": ("or not secrets or", "or"),
    "a blank secret is accepted": ("or not all(map(str.strip, secrets))", ""),
    "a string is accepted as a list of secrets": ("isinstance(secrets, str) or ", ""),
    "other schemes count": ('if name == "v1":', 'if name in ("v1", "v0"):'),
    "the last of two times counts": ("if timestamp is not None:", "if False:"),
    "the time may have a sign": ("t=[0-9]{1,12}", "t=[+-]?[0-9]{1,12}"),
    "the time may have any length": ("t=[0-9]{1,12}", "t=[0-9]+"),
    "signatures in capitals": ("v1=[0-9a-f]{64}", "v1=[0-9a-fA-F]{64}"),
    "signatures of any length": ("v1=[0-9a-f]{64}", "v1=[0-9a-f]*"),
    "trailing characters are ignored": ("grammar.fullmatch(item)", "grammar.match(item)"),
    "whitespace is stripped": ('header.split(",")', 'map(str.strip, header.split(","))'),
    "the header may have any length": ("len(header) > MAX_HEADER_LENGTH", "False"),
    "a header without v1 is not reported as such": ("    if not signatures:", "    if False:"),
    "an empty header is not reported as missing": ("    if not header:", "    if header is None:"),
}


def test_the_verifier_passes_all_vectors() -> None:
    """The control: the unchanged source passes all vectors and compares all pairs."""
    module = module_of(SOURCE)
    assert [(v, verdict(module, v)) for v in VECTORS if verdict(module, v) != v.expected] == []
    assert compares_all(module)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_caught(mistake: str) -> None:
    """The source contains the code to change exactly once, and a vector fails for the mutant."""
    right, wrong = MISTAKES[mistake]
    assert SOURCE.count(right) == 1, "the place is not clear any more"
    assert caught(SOURCE.replace(right, wrong))
