"""Settings of Stripe: its API and its webhooks."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from paycli.settings.group import Secrets, SettingsGroup
from paycli.settings.placeholders import is_placeholder

STRIPE_API_BASE = "https://api.stripe.com"
_LIVE_PREFIXES = ("sk_live_", "rk_live_")
_PREFIX_LENGTH = len("sk_test_")

_SIGNING_PREFIX = "whsec_"
_MIN_SECRET_LENGTH = 24
"""Stripe's have 38 characters, those of its CLI 70. A shorter one could be guessed."""


def is_live(api_key: str) -> bool:
    """Returns whether an API key is a live key, by its prefix."""
    return api_key.startswith(_LIVE_PREFIXES)


class StripeSettings(SettingsGroup):
    """Stripe's API."""

    api_key: SecretStr = Field(
        alias="PAYCLI_STRIPE_API_KEY",
        json_schema_extra={"also": ["STRIPE_API_KEY", "STRIPE_SECRET_KEY"]},
        description="secret or restricted API key; its prefix determines live or test mode",
    )
    api_base: str = Field(
        STRIPE_API_BASE,
        alias="PAYCLI_STRIPE_API_BASE",
        pattern=r"^https?://[^/?#@\s]+/?$",
        description="base URL of Stripe's API, such as https://api.stripe.com",
    )
    timeout_seconds: float = Field(
        10,
        alias="PAYCLI_STRIPE_TIMEOUT_SECONDS",
        gt=0,
        le=80,
        description="total time that a caller waits for Stripe, including retries",
    )
    max_in_flight: int = Field(
        48,
        alias="PAYCLI_STRIPE_MAX_IN_FLIGHT",
        ge=1,
        le=1000,
        description="requests to Stripe that may be in flight at the same time, in each process",
    )

    @property
    def livemode(self) -> bool:
        """Whether the key is a live key."""
        return is_live(self.api_key.get_secret_value())

    @field_validator("api_key")
    @classmethod
    def _check_secret_key(cls, api_key: SecretStr) -> SecretStr:
        key = api_key.get_secret_value()
        if not key.startswith(("sk_test_", "rk_test_", *_LIVE_PREFIXES)):
            raise ValueError("must start with sk_test_, rk_test_, sk_live_ or rk_live_")
        if is_placeholder(key, key[:_PREFIX_LENGTH]):
            raise ValueError("is a placeholder: set the key that Stripe's Dashboard shows")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError(
                "must be printable ASCII without spaces; check that it was copied in full"
            )
        return api_key

    @field_validator("api_base")
    @classmethod
    def _check_live_key_goes_to_stripe(cls, api_base: str, info: ValidationInfo) -> str:
        api_key = info.data.get("api_key")
        live = api_key is not None and is_live(api_key.get_secret_value())
        if live and api_base.rstrip("/") != STRIPE_API_BASE:
            raise ValueError(
                f"must not be set with a live key in PAYCLI_STRIPE_API_KEY, which is only sent to "
                f"{STRIPE_API_BASE}; use a test key for any other address"
            )
        return api_base


class WebhookSettings(SettingsGroup):
    """Verification of webhooks."""

    secrets: Secrets = Field(
        alias="PAYCLI_STRIPE_WEBHOOK_SECRETS",
        json_schema_extra={"also": ["STRIPE_WEBHOOK_SECRET"]},
        description="comma-separated signing secrets, whsec_… with at least 24 characters; a "
        "signature by any of them is valid",
    )
    tolerance_seconds: int = Field(
        300,
        alias="PAYCLI_WEBHOOK_TOLERANCE_SECONDS",
        ge=1,
        description="maximum difference between a signature's timestamp and now, past or future",
    )

    @field_validator("secrets")
    @classmethod
    def _check_signing_secrets(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        texts = [secret.get_secret_value() for secret in secrets]
        if not all(text.startswith(_SIGNING_PREFIX) for text in texts):
            raise ValueError("each must start with whsec_, as Stripe's Dashboard shows it")
        if any(len(text) < _MIN_SECRET_LENGTH for text in texts):
            raise ValueError(
                f"each must have at least {_MIN_SECRET_LENGTH} characters; check that it was "
                "copied in full"
            )
        if any(is_placeholder(text, _SIGNING_PREFIX) for text in texts):
            raise ValueError("contains a placeholder: set the secret that Stripe's Dashboard shows")
        return secrets

    def secret_values(self) -> tuple[str, ...]:
        """Returns the secrets in plain text, for signing and verifying."""
        return tuple(secret.get_secret_value() for secret in self.secrets)
