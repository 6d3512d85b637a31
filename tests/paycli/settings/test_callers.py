"""Callers and their tokens."""

from collections.abc import Mapping

import pytest

from harness.settings_sources import IsolatedSources
from paycli.permissions import Permissions
from paycli.settings import TokenSettings

# RFC 6750, section 2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
TOKEN_CHARACTERS = "AZaz09-._~+/AZaz09"

TOKEN, OTHER, THIRD = "b5c8f0a1d2e34960", "7Kq2mZx81vRt0LpW", "Yh4-s_Nd9.eUjB3oQ"


@pytest.mark.parametrize(
    ("value", "callers"),
    [
        (TOKEN, {TOKEN: None}),
        (TOKEN_CHARACTERS, {TOKEN_CHARACTERS: None}),
        (f"booking={TOKEN}", {TOKEN: "booking"}),
        (f"booking={TOKEN},booking={OTHER}", {TOKEN: "booking", OTHER: "booking"}),
        (f"a={TOKEN}, b.c_d-E={OTHER} ,{THIRD}", {TOKEN: "a", OTHER: "b.c_d-E", THIRD: None}),
        (f"{TOKEN}=", {f"{TOKEN}=": None}),
        (f"{TOKEN}==", {f"{TOKEN}==": None}),
        (f"booking={TOKEN}=", {f"{TOKEN}=": "booking"}),
        (f"booking={TOKEN}==", {f"{TOKEN}==": "booking"}),
        ("n" * 50 + f"={TOKEN}", {TOKEN: "n" * 50}),
    ],
)
def test_tokens_may_have_a_caller_name(
    sources: IsolatedSources, value: str, callers: Mapping[str, str | None]
) -> None:
    """Each token maps to its caller, several to one; base64 padding belongs to the token."""
    sources.environ["PAYCLI_API_TOKENS"] = value
    assert sources.read(TokenSettings).callers() == callers


CHARACTERS = "letters, digits and -._~+/ (RFC 6750)"
NAME = "a caller's name must have 1 to 50 letters, digits, dots, _ or -"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("two words and two more", CHARACTERS),
        ("booking=two words and two more", CHARACTERS),
        (f"{TOKEN}é", CHARACTERS),
        (f"a=b={TOKEN}", CHARACTERS),
        ("=", CHARACTERS),
        ("==", CHARACTERS),
        (f"={TOKEN}", "the caller's name before the = is missing"),
        (f"a:b={TOKEN}", NAME),
        (f"a b={TOKEN}", NAME),
        (f"ä={TOKEN}", NAME),
        ("n" * 51 + f"={TOKEN}", NAME),
        (f'a="{TOKEN}"', CHARACTERS),
        (f"{TOKEN}\x00", CHARACTERS),
        ("booking=7Kq2", "each token must have at least 16 characters"),
        ("booking=change-me-change-me", "contains a placeholder: set a random token"),
        ("booking=" + "X" * 16, "contains a placeholder: set a random token"),
    ],
)
def test_tokens_that_are_invalid_in_a_header_are_refused(
    sources: IsolatedSources, value: str, problem: str
) -> None:
    """A token outside RFC 6750, or an invalid caller name, is refused at start, with the reason."""
    sources.environ["PAYCLI_API_TOKENS"] = f"good={OTHER},{value}"
    problems = sources.problems(TokenSettings)
    assert problems.keys() == {"PAYCLI_API_TOKENS"}
    assert problem in problems["PAYCLI_API_TOKENS"]


@pytest.mark.parametrize(
    "value",
    [
        f"{TOKEN},{TOKEN}",
        f"a={TOKEN},b={TOKEN}",
        f"a={TOKEN},a={TOKEN}",
        f"a={TOKEN},{TOKEN}",
        f"{TOKEN}==,a={TOKEN}==",
    ],
)
def test_the_same_token_twice_is_refused(sources: IsolatedSources, value: str) -> None:
    """A token must identify exactly one caller."""
    sources.environ["PAYCLI_API_TOKENS"] = value
    assert "same token twice" in sources.problems(TokenSettings)["PAYCLI_API_TOKENS"]


FOURTH = "w5vJ2cQ8-rLk7.HxN0"
TOKENS = f"booking={TOKEN},support={OTHER},{THIRD},host={FOURTH}"


def test_callers_are_limited_to_scopes_and_accounts(sources: IsolatedSources) -> None:
    """Only callers that a setting names are limited, by that setting alone."""
    sources.environ["PAYCLI_API_TOKENS"] = TOKENS
    assert sources.read(TokenSettings).permissions() == {}
    sources.environ |= {
        "PAYCLI_API_SCOPES": " booking = payments:read, payments:write ; support=",
        "PAYCLI_API_ACCOUNTS": "booking=acct_1,self;host=acct_2;",
    }
    booking = Permissions(
        frozenset({"payments:read", "payments:write"}),  # type: ignore[arg-type]  # a StrEnum's
        frozenset({"acct_1", "self"}),
    )
    assert sources.read(TokenSettings).permissions() == {
        "booking": booking,
        "support": Permissions(frozenset(), None),
        "host": Permissions(None, frozenset({"acct_2"})),
    }


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        (
            "PAYCLI_API_SCOPES",
            "booking=payments:read,payments:delete",
            "item 2 of entry 1 is no scope",
        ),
        ("PAYCLI_API_SCOPES", "boking=payments:read", "no token of the caller in entry 1"),
        ("PAYCLI_API_SCOPES", "payments:read", "caller=item"),
        ("PAYCLI_API_SCOPES", "=payments:read", "caller=item"),
        (
            "PAYCLI_API_SCOPES",
            "booking=payments:read=x",
            "item 1 of entry 1 is no scope",
        ),
        ("PAYCLI_API_SCOPES", "booking=x=payments:read", "item 1 of entry 1 is no scope"),
        (
            "PAYCLI_API_SCOPES",
            "booking=payments:read;booking=refunds:write",
            "names a caller twice",
        ),
        (
            "PAYCLI_API_ACCOUNTS",
            "booking=acct_1,cus_1",
            "item 2 of entry 1 is no account",
        ),
        ("PAYCLI_API_ACCOUNTS", "boking=acct_1", "no token of the caller in entry 1"),
        ("PAYCLI_API_ACCOUNTS", "booking=acct_1/", "is no account"),
    ],
)
def test_a_wrong_limit_fails_the_start(
    sources: IsolatedSources, setting: str, value: str, problem: str
) -> None:
    """An unknown scope, account or caller is a mistake that would lock out or let in."""
    sources.environ |= {"PAYCLI_API_TOKENS": TOKENS, setting: value}
    problems = sources.problems(TokenSettings)
    assert problems.keys() == {setting}
    assert problem in problems[setting]


def test_limits_are_not_compared_with_invalid_tokens(sources: IsolatedSources) -> None:
    """Then only the tokens are the problem: whose they are is not known."""
    sources.environ |= {
        "PAYCLI_API_TOKENS": "short",
        "PAYCLI_API_SCOPES": "booking=payments:read",
        "PAYCLI_API_ACCOUNTS": "booking=self",
    }
    assert sources.problems(TokenSettings).keys() == {"PAYCLI_API_TOKENS"}


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PAYCLI_API_SCOPES", f"booking={TOKEN}"),
        ("PAYCLI_API_SCOPES", f"{TOKEN}=payments:read"),
        ("PAYCLI_API_SCOPES", f"{TOKEN}=payments:read;{TOKEN}=refunds:write"),
        ("PAYCLI_API_SCOPES", TOKEN),
        ("PAYCLI_API_ACCOUNTS", f"booking={TOKEN}"),
        ("PAYCLI_API_ACCOUNTS", f"{TOKEN}=self"),
    ],
)
def test_a_token_in_the_wrong_setting_is_not_shown(
    sources: IsolatedSources, setting: str, value: str
) -> None:
    """The message says where the mistake is, without the text that is there."""
    sources.environ |= {"PAYCLI_API_TOKENS": TOKENS, setting: value}
    problems = sources.problems(TokenSettings)
    assert problems.keys() == {setting}
    assert TOKEN not in problems[setting]
