"""The bearer tokens of internal callers, and what each caller may do."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from paycli.permissions import OWN_ACCOUNT, ApiScope, Permissions
from paycli.settings.group import Secrets, SettingsGroup
from paycli.settings.placeholders import is_placeholder

_MIN_TOKEN_LENGTH = 16
"""A shorter token could be guessed; `paycli init` generates 32 characters."""
_MAX_NAME = 50
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_TOKEN_CHARACTERS = _NAME_CHARACTERS | frozenset("~+/")


_ACCOUNT = re.compile(rf"{OWN_ACCOUNT}|acct_[A-Za-z0-9]{{1,250}}", re.ASCII)
_SCOPES = frozenset(map(str, ApiScope))


def _by_caller(value: object) -> object:
    """Returns the items of `booking=A,B;support=C` by caller; returns other values unchanged."""
    if not isinstance(value, str):
        return value
    found: dict[str, tuple[str, ...]] = {}
    for entry in filter(None, (part.strip() for part in value.split(";"))):
        name, equals, items = (part.strip() for part in entry.partition("="))
        if not name or not equals:
            raise ValueError("must have the form caller=item,item;caller=item")
        if name in found:
            raise ValueError("names a caller twice")
        found[name] = tuple(part.strip() for part in items.split(",") if part.strip())
    return found


ByCaller = Annotated[Mapping[str, tuple[str, ...]], BeforeValidator(_by_caller)]


class TokenSettings(SettingsGroup):
    """Bearer tokens of the callers of the internal API."""

    tokens: Secrets = Field(
        alias="PAYCLI_API_TOKENS",
        description="bearer tokens of internal callers, comma-separated, each caller=TOKEN or a "
        "bare TOKEN, of at least 16 characters",
    )

    scopes: ByCaller | None = Field(
        default=None,
        alias="PAYCLI_API_SCOPES",
        description="what a named caller may do, such as booking=payments:read,payments:write;"
        "support=payments:read,refunds:write; a caller that is not named may do everything",
    )
    accounts: ByCaller | None = Field(
        default=None,
        alias="PAYCLI_API_ACCOUNTS",
        description="connected accounts that a named caller may act for, such as "
        "host-eu=acct_1,acct_2, with self for our own; a caller that is not named may act for any",
    )

    @field_validator("tokens")
    @classmethod
    def _check_distinct(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(_callers(tokens)) < len(tokens):
            raise ValueError("contains the same token twice")
        return tokens

    @field_validator("scopes")
    @classmethod
    def _check_scopes(
        cls, scopes: Mapping[str, tuple[str, ...]] | None, info: ValidationInfo
    ) -> Mapping[str, tuple[str, ...]] | None:
        if scopes is None:
            return None
        for place in _places(scopes, _SCOPES.__contains__):
            raise ValueError(f"{place} is no scope; the scopes are {', '.join(sorted(_SCOPES))}")
        return _with_known_callers(scopes, info)

    @field_validator("accounts")
    @classmethod
    def _check_accounts(
        cls, accounts: Mapping[str, tuple[str, ...]] | None, info: ValidationInfo
    ) -> Mapping[str, tuple[str, ...]] | None:
        if accounts is None:
            return None
        for place in _places(accounts, _ACCOUNT.fullmatch):
            raise ValueError(f"{place} is no account: write acct_… or {OWN_ACCOUNT}")
        return _with_known_callers(accounts, info)

    def permissions(self) -> dict[str, Permissions]:
        """Returns what each caller may do that has an entry in one of the two settings."""
        scopes, accounts = self.scopes or {}, self.accounts or {}
        return {
            name: Permissions(
                frozenset(map(ApiScope, scopes[name])) if name in scopes else None,
                frozenset(accounts[name]) if name in accounts else None,
            )
            for name in scopes.keys() | accounts.keys()
        }

    def callers(self) -> dict[str, str | None]:
        """Returns the caller's name by token; None for a token without a name."""
        return _callers(self.tokens)


def _with_known_callers(
    items: Mapping[str, tuple[str, ...]], info: ValidationInfo
) -> Mapping[str, tuple[str, ...]]:
    """Raises ValueError for a caller that has no token."""
    tokens: tuple[SecretStr, ...] = info.data.get("tokens", ())
    known = set(_callers(tokens).values())
    for number, name in enumerate(items, 1):
        if tokens and name not in known:
            raise ValueError(f"PAYCLI_API_TOKENS has no token of the caller in entry {number}")
    return items


def _places(
    items: Mapping[str, tuple[str, ...]], is_valid: Callable[[str], object]
) -> Iterator[str]:
    """Yields where an invalid item is. It may be a secret in the wrong setting: it is not shown."""
    for entry, values in enumerate(items.values(), 1):
        for number, value in enumerate(values, 1):
            if not is_valid(value):
                yield f"item {number} of entry {entry}"


def _callers(tokens: tuple[SecretStr, ...]) -> dict[str, str | None]:
    return dict(_token_and_caller(token.get_secret_value()) for token in tokens)


def _token_and_caller(item: str) -> tuple[str, str | None]:
    name, _, token = item.partition("=")
    if not token.strip("="):  # a token without a name may end in base64 padding
        name, token = "", item
    elif not name:
        raise ValueError("the caller's name before the = is missing")
    without_padding = token.rstrip("=")
    if not without_padding or set(without_padding) - _TOKEN_CHARACTERS:
        raise ValueError(
            "tokens must consist of letters, digits and -._~+/ (RFC 6750), as caller=TOKEN"
        )
    if len(token) < _MIN_TOKEN_LENGTH:
        raise ValueError(f"each token must have at least {_MIN_TOKEN_LENGTH} characters")
    if is_placeholder(token):
        raise ValueError("contains a placeholder: set a random token, such as paycli init makes")
    if len(name) > _MAX_NAME or set(name) - _NAME_CHARACTERS:
        raise ValueError("a caller's name must have 1 to 50 letters, digits, dots, _ or -")
    return token, name or None
