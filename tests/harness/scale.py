"""How much a hardening test does: little in every run of the tests, much in `scripts/harden`."""

import os
from typing import TypeVar

N = TypeVar("N", int, float)

LONG = os.environ.get("PAYCLI_HARDEN") == "long"


def scaled(short: N, long: N) -> N:
    """Return the amount for this run."""
    return long if LONG else short
