"""How to reach Stripe, and what makes its webhooks genuine."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from paycli.settings.group import Secrets, SettingsGroup

STRIPE_API_BASE = "https://api.stripe.com"
_LIVE_PREFIXES = ("sk_live_", "rk_live_")


def is_live(api_key: str) -> bool:
    """Whether a key of Stripe's moves real money, by its prefix."""
    return api_key.startswith(_LIVE_PREFIXES)


class StripeSettings(SettingsGroup):
    """How to reach Stripe."""

    api_key: SecretStr = Field(
        alias="PAYCLI_STRIPE_API_KEY",
        json_schema_extra={"also": ["STRIPE_API_KEY", "STRIPE_SECRET_KEY"]},
        description="secret or restricted key; its prefix decides live or test",
    )
    api_base: str = Field(
        STRIPE_API_BASE,
        alias="PAYCLI_STRIPE_API_BASE",
        pattern=r"^https?://[^/?#@\s]+/?$",
        description="Stripe's address, such as https://api.stripe.com",
    )
    timeout_seconds: float = Field(
        10,
        alias="PAYCLI_STRIPE_TIMEOUT_SECONDS",
        gt=0,
        le=80,
        description="whole time a caller waits for Stripe, retries included",
    )
    max_in_flight: int = Field(
        48,
        alias="PAYCLI_STRIPE_MAX_IN_FLIGHT",
        ge=1,
        le=1000,
        description="payments in flight in one process",
    )

    @property
    def livemode(self) -> bool:
        """Whether the key is a live one, by its prefix."""
        return is_live(self.api_key.get_secret_value())

    @field_validator("api_key")
    @classmethod
    def _is_a_secret_key(cls, api_key: SecretStr) -> SecretStr:
        key = api_key.get_secret_value()
        if not key.startswith(("sk_test_", "rk_test_", *_LIVE_PREFIXES)):
            raise ValueError("must begin with sk_test_, rk_test_, sk_live_ or rk_live_")
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise ValueError("must be printable ASCII without spaces; was it copied whole?")
        return api_key

    @field_validator("api_base")
    @classmethod
    def _live_keys_go_to_stripe(cls, api_base: str, info: ValidationInfo) -> str:
        api_key = info.data.get("api_key")
        live = api_key is not None and is_live(api_key.get_secret_value())
        if live and api_base.rstrip("/") != STRIPE_API_BASE:
            raise ValueError(
                f"must stay unset with a live key in PAYCLI_STRIPE_API_KEY, which only goes to "
                f"{STRIPE_API_BASE}; for anywhere else use a test key"
            )
        return api_base


class WebhookSettings(SettingsGroup):
    """What makes a webhook genuine."""

    secrets: Secrets = Field(
        alias="PAYCLI_STRIPE_WEBHOOK_SECRETS",
        json_schema_extra={"also": ["STRIPE_WEBHOOK_SECRET"]},
        description="one or more whsec_…, comma-separated; any may verify",
    )
    tolerance_seconds: int = Field(
        300,
        alias="PAYCLI_WEBHOOK_TOLERANCE_SECONDS",
        ge=1,
        description="how far a signature's time may be from now, past or future",
    )

    @field_validator("secrets")
    @classmethod
    def _are_signing_secrets(cls, secrets: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not all(secret.get_secret_value().startswith("whsec_") for secret in secrets):
            raise ValueError("each must begin with whsec_, as Stripe's Dashboard shows it")
        return secrets

    def secret_values(self) -> tuple[str, ...]:
        """The secrets themselves, for signing and verifying."""
        return tuple(secret.get_secret_value() for secret in self.secrets)
