"""The size of a hardening test: small in every test run, large in `scripts/harden`."""

import os
from typing import TypeVar

N = TypeVar("N", int, float)

LONG = os.environ.get("PAYCLI_HARDEN") == "long"


def scaled(short: N, long: N) -> N:
    """Return `long` in `scripts/harden`, else `short`."""
    return long if LONG else short
