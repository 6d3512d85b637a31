"""How much a test does: little in the fast run, much in `scripts/harden`."""

import os
from typing import TypeVar

N = TypeVar("N", int, float)

LONG = os.environ.get("PAYCLI_HARDEN") == "long"
FAST = os.environ.get("PAYCLI_TEST_TOOLS") == "none"


def scaled(short: N, long: N) -> N:
    """Return `long` in `scripts/harden`, else `short`."""
    return long if LONG else short


def examples(count: int) -> int:
    """Return how many examples Hypothesis tries: a fifth in the fast run, ten times if long."""
    return scaled(count // 5 if FAST else count, 10 * count)
