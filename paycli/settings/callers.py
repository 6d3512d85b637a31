"""The bearer tokens of internal callers."""

from pydantic import Field, SecretStr, field_validator

from paycli.settings.group import Secrets, SettingsGroup
from paycli.settings.placeholders import is_placeholder

_MIN_TOKEN_LENGTH = 16
"""A shorter token could be guessed; `paycli init` generates 32 characters."""
_MAX_NAME = 50
_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_TOKEN_CHARACTERS = _NAME_CHARACTERS | frozenset("~+/")


class TokenSettings(SettingsGroup):
    """Bearer tokens of the callers of the internal API."""

    tokens: Secrets = Field(
        alias="PAYCLI_API_TOKENS",
        description="bearer tokens of internal callers, comma-separated, each caller=TOKEN or a "
        "bare TOKEN, of at least 16 characters",
    )

    @field_validator("tokens")
    @classmethod
    def _check_distinct(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(_callers(tokens)) < len(tokens):
            raise ValueError("contains the same token twice")
        return tokens

    def callers(self) -> dict[str, str | None]:
        """Returns the caller's name by token; None for a token without a name."""
        return _callers(self.tokens)


def _callers(tokens: tuple[SecretStr, ...]) -> dict[str, str | None]:
    return dict(_token_and_caller(token.get_secret_value()) for token in tokens)


def _token_and_caller(item: str) -> tuple[str, str | None]:
    name, _, token = item.partition("=")
    if not token.strip("="):  # a token without a name may end in base64 padding
        name, token = "", item
    elif not name:
        raise ValueError("the caller's name before the = is missing")
    if not token.rstrip("=") or set(token.rstrip("=")) - _TOKEN_CHARACTERS:
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
