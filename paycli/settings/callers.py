"""The internal callers and their bearer tokens."""

from pydantic import Field, SecretStr, field_validator

from paycli.settings.group import Secrets, SettingsGroup

_MAX_NAME = 50
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_TOKEN_CHARACTERS = _NAME_CHARACTERS | frozenset("~+/")


class TokenSettings(SettingsGroup):
    """Who may call the internal routes."""

    tokens: Secrets = Field(
        alias="PAYCLI_API_TOKENS",
        description="bearer tokens of internal callers, comma-separated, "
        "each caller=TOKEN or a bare TOKEN",
    )

    @field_validator("tokens")
    @classmethod
    def _are_distinct(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(_callers(tokens)) < len(tokens):
            raise ValueError("holds the same token twice")
        return tokens

    def callers(self) -> dict[str, str | None]:
        """Token -> name of its caller, None for a bare token."""
        return _callers(self.tokens)


def _callers(tokens: tuple[SecretStr, ...]) -> dict[str, str | None]:
    return dict(_token_and_caller(token.get_secret_value()) for token in tokens)


def _token_and_caller(item: str) -> tuple[str, str | None]:
    name, _, token = item.partition("=")
    if not token.strip("="):  # a bare token may end in base64's padding
        name, token = "", item
    elif not name:
        raise ValueError("a caller's name is missing before the =")
    if not token.rstrip("=") or set(token.rstrip("=")) - _TOKEN_CHARACTERS:
        raise ValueError("tokens are letters, digits and -._~+/ (RFC 6750), as caller=TOKEN")
    if len(name) > _MAX_NAME or set(name) - _NAME_CHARACTERS:
        raise ValueError("a caller's name is 1 to 50 letters, digits, dots, _ or -")
    return token, name or None
