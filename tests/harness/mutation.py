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


def mutate(seeded: random.Random, data: bytes, others: Sequence[bytes] = ()) -> bytes:
    """Return `data` with one to four random changes; parts of `others` may be inserted."""
    changed = bytearray(data)
    for _ in range(seeded.randint(1, 4)):
        place = seeded.randint(0, len(changed))
        match seeded.randrange(6):
            case 0:
                del changed[place : place + seeded.choice((1, 1, 4, 40))]
            case 1:
                changed[place:place] = seeded.choice(SPLICES)
            case 2:
                changed[place : place + 1] = bytes([seeded.randrange(256)])
            case 3:
                changed[place:place] = changed[max(0, place - seeded.randint(1, 60)) : place]
            case 4:
                end = place + seeded.randint(1, 8)
                changed[place:end] = seeded.choice(SPLICES)
            case _:
                other = seeded.choice(others) if others else b""
                start = seeded.randint(0, len(other))
                changed[place:place] = other[start : start + seeded.randint(1, 200)]
    return bytes(changed)
