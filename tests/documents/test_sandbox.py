"""paycli/sandbox/README.md has the stand-in's settings, faults and control routes."""

import inspect
import re
from collections.abc import Callable
from dataclasses import fields

import pytest

from harness.markdown import first_column, missing, read, table, with_mistake
from paycli.sandbox.standin import Fault, FaultKind, StandIn
from paycli.sandbox.standin.control.routes import PREFIX, ROUTES

SANDBOX = read("paycli/sandbox/README.md")


def wrong_settings(text: str) -> set[str]:
    """Returns the settings that only the table or only the stand-in has."""
    return first_column(table(text, "Setting")) ^ inspect.signature(StandIn).parameters.keys()


def wrong_faults(text: str) -> list[str]:
    """Returns the kinds of faults that only one side has, and the fields that are missing."""
    kinds = first_column(table(text, "`kind`")) ^ {*map(str, FaultKind)}
    return sorted(kinds) + missing((it.name for it in fields(Fault)), text)


def wrong_routes(text: str) -> set[str]:
    """Returns the control routes that only the table or only the stand-in has."""
    found = set(re.findall(r"(?:GET|POST|DELETE) /_sandbox/[\w/]+", text))
    return found ^ {f"{method} {PREFIX}{path}" for method, path in ROUTES}


CHECKS = [wrong_settings, wrong_faults, wrong_routes]


@pytest.mark.parametrize("check", CHECKS)
def test_the_document_agrees_with_the_stand_in(check: Callable[[str], object]) -> None:
    """Settings, faults and control routes are those of the stand-in."""
    assert not check(SANDBOX)


@pytest.mark.parametrize(
    ("check", "old", "new"),
    [
        (wrong_settings, "`settle_seconds`", "`settle`"),
        (wrong_faults, "| `hang` |", "| `hangs` |"),
        (wrong_routes, "POST /_sandbox/payouts", "POST /_sandbox/payout"),
    ],
)
def test_a_mistake_is_reported(check: Callable[[str], object], old: str, new: str) -> None:
    """The control: a wrong name is found."""
    assert check(with_mistake(SANDBOX, old, new))
