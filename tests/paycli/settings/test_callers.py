"""Callers and their tokens."""

from collections.abc import Mapping

import pytest

from harness.settings_sources import IsolatedSources
from paycli.settings import TokenSettings

# RFC 6750, section 2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
TOKEN_CHARACTERS = "AZaz09-._~+/"


@pytest.mark.parametrize(
    ("value", "callers"),
    [
        ("token", {"token": None}),
        (TOKEN_CHARACTERS, {TOKEN_CHARACTERS: None}),
        ("booking=token", {"token": "booking"}),
        ("booking=old,booking=new", {"old": "booking", "new": "booking"}),
        ("a=1, b.c_d-E=2 ,3", {"1": "a", "2": "b.c_d-E", "3": None}),
        ("dG9rZW4=", {"dG9rZW4=": None}),
        ("dG9rZQ==", {"dG9rZQ==": None}),
        ("booking=dG9rZW4=", {"dG9rZW4=": "booking"}),
        ("booking=dG9rZQ==", {"dG9rZQ==": "booking"}),
        ("n" * 50 + "=token", {"token": "n" * 50}),
    ],
)
def test_tokens_may_have_a_caller_name(
    sources: IsolatedSources, value: str, callers: Mapping[str, str | None]
) -> None:
    """Each token maps to its caller, several to one; base64 padding belongs to the token."""
    sources.environ["PAYCLI_API_TOKENS"] = value
    assert sources.read(TokenSettings).callers() == callers


@pytest.mark.parametrize(
    "value",
    [
        "two words",
        "booking=two words",
        "tökén",
        "a=b=c",
        "=",
        "==",
        "=token",
        "a:b=token",
        "a b=token",
        "ä=token",
        "n" * 51 + "=token",
        'a="token"',
        "token\x00",
    ],
)
def test_tokens_that_are_invalid_in_a_header_are_refused(
    sources: IsolatedSources, value: str
) -> None:
    """A token outside RFC 6750, or an invalid caller name, is refused at start."""
    sources.environ["PAYCLI_API_TOKENS"] = f"good=token-1,{value}"
    assert sources.problems(TokenSettings).keys() == {"PAYCLI_API_TOKENS"}


@pytest.mark.parametrize("value", ["t,t", "a=t,b=t", "a=t,a=t", "a=t,t", "t==,a=t=="])
def test_the_same_token_twice_is_refused(sources: IsolatedSources, value: str) -> None:
    """A token must identify exactly one caller."""
    sources.environ["PAYCLI_API_TOKENS"] = value
    assert "same token twice" in sources.problems(TokenSettings)["PAYCLI_API_TOKENS"]
