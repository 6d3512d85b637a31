"""Malformed requests: known ones with parts deleted, repeated, replaced or inserted."""

import random
from collections.abc import Sequence

SPLICES = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b" ",
        b"\t",
        b":",
        b"=",
        b",",
        b";",
        b"/",
        b"//",
        b"%2f",
        b"%00",
    ),
    *(b"..", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"[", b"{", b'"', b"null", b"1e999", b"NaN"),
    *(b"-1", b"0x5", b"99999999999999999999", b"Content-Length: 5\r\n", b"Host: x\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"[" * 2000, b"a" * 5000),
)


def mutate(rng: random.Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return `data` with one to four random changes; parts of `others` may be inserted."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        position = rng.randint(0, len(changed))
        match rng.randrange(6):
            case 0:
                del changed[position : position + rng.choice((1, 1, 4, 40))]
            case 1:
                changed[position:position] = rng.choice(SPLICES)
            case 2:
                changed[position : position + 1] = bytes([rng.randrange(256)])
            case 3:
                changed[position:position] = changed[
                    max(0, position - rng.randint(1, 60)) : position
                ]
            case 4:
                end = position + rng.randint(1, 8)
                changed[position:end] = rng.choice(SPLICES)
            case _:
                other = rng.choice(others) if others else b""
                start = rng.randint(0, len(other))
                changed[position:position] = other[start : start + rng.randint(1, 200)]
    return bytes(changed)
