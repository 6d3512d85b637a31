"""Settings in groups: each command reads the groups that it uses, once, at the edge.

A setting is a field with the name of its environment variable as alias, its further names in
`json_schema_extra` and what it is for as description. Groups are frozen and passed on; a secret is
a SecretStr. Where values come from is `paycli.settings_reader`'s affair.
"""

import re
from ipaddress import IPv4Address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from paycli import kafka_config

STRIPE_API_BASE = "https://api.stripe.com"
WEBHOOK_PATH = "/api/v1/stripe/events"
"""The route that Stripe calls, at ListenSettings.webhook_address."""
_LIVE_PREFIXES = ("sk_live_", "rk_live_")
_MAX_PORT = 65535
_HOST_PORT = re.compile(
    r"(\[(?P<six>[0-9A-Fa-f:.%a-z]+)\]|(?P<host>[^\[\]:\s]+)):(?P<port>[0-9]{1,5})", re.ASCII
)
_MAX_NAME = 50
_EVERY_ADDRESS = str(IPv4Address(0))
_LOOPBACK = {_EVERY_ADDRESS: "127.0.0.1", "::": "::1"}


def _split(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _host_port(value: object) -> object:
    parts = _HOST_PORT.fullmatch(str(value))
    if parts is None or int(parts["port"]) > _MAX_PORT:
        raise ValueError("must be host:port, such as 127.0.0.1:8080 or [::1]:8080")
    host = parts["six"] or parts["host"]
    return Address(host=_EVERY_ADDRESS if host == "*" else host, port=int(parts["port"]))


class Address(BaseModel, frozen=True):
    """Where to listen: `host` without brackets, `port` 0 to let the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def from_here(self) -> "Address":
        """Where this machine itself reaches it: a wildcard stands for loopback too."""
        return Address(host=_LOOPBACK.get(self.host, self.host), port=self.port)


Listen = Annotated[Address, BeforeValidator(_host_port)]
Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_split), Field(min_length=1)]


def is_live(api_key: str) -> bool:
    """Whether a key of Stripe's moves real money, by its prefix."""
    return api_key.startswith(_LIVE_PREFIXES)


class Group(BaseModel):
    """Settings that belong together. Subclasses add fields; `also` are further names of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class StripeSettings(Group):
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


class WebhookSettings(Group):
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


class TopicSettings(Group):
    """Where events go."""

    topic: str = Field(
        "payments.events",
        alias="PAYCLI_KAFKA_TOPIC",
        # 249 is Kafka's limit, less the suffix of the unreadable topic.
        pattern=r"^[A-Za-z0-9._-]{1,238}$",
        description="where internal events go",
    )

    @property
    def unreadable_topic(self) -> str:
        """Where events go whose shape can't be read."""
        return f"{self.topic}.unreadable"


class KafkaSettings(TopicSettings):
    """How to reach Kafka, and how long to wait for it."""

    bootstrap_servers: str = Field(
        alias="PAYCLI_KAFKA_BOOTSTRAP_SERVERS",
        json_schema_extra={"also": ["KAFKA_BOOTSTRAP_SERVERS"]},
        description="brokers, such as broker-1:9092,broker-2:9092",
    )
    config: Annotated[SecretStr, BeforeValidator(kafka_config.check)] = Field(
        SecretStr("{}"),
        alias="PAYCLI_KAFKA_CONFIG",
        description="JSON object of further librdkafka settings (TLS, SASL, …)",
    )
    ack_timeout_seconds: float = Field(
        5,
        alias="PAYCLI_ACK_TIMEOUT_SECONDS",
        ge=0.5,
        le=60,
        description="how long a webhook waits for Kafka's acknowledgement before it answers 503",
    )


class TokenSettings(Group):
    """Who may call the internal routes."""

    tokens: Secrets = Field(
        alias="PAYCLI_API_TOKENS",
        description="bearer tokens of internal callers, comma-separated, "
        "each caller=TOKEN or a bare TOKEN",
    )

    @field_validator("tokens")
    @classmethod
    def _can_be_told_apart(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(_callers(tokens)) < len(tokens):
            raise ValueError("holds the same token twice")
        return tokens

    def callers(self) -> dict[str, str | None]:
        """Token -> name of its caller, None for a bare token."""
        return _callers(self.tokens)


def _callers(tokens: tuple[SecretStr, ...]) -> dict[str, str | None]:
    return dict(_caller_and_token(token.get_secret_value()) for token in tokens)


def _caller_and_token(item: str) -> tuple[str, str | None]:
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


_NAME_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")
_TOKEN_CHARACTERS = _NAME_CHARACTERS | frozenset("~+/")


class ListenSettings(Group):
    """Where the daemon listens."""

    listen: Listen = Field(
        Address(host="127.0.0.1", port=8080),
        alias="PAYCLI_LISTEN",
        description="host:port of the daemon, * for every IPv4 address",
    )
    public_listen: Listen | None = Field(
        None,
        alias="PAYCLI_PUBLIC_LISTEN",
        description="if set, the webhook route is served here and only here, and nothing else is",
    )

    @property
    def webhook_address(self) -> Address:
        """Where the webhook route is."""
        return self.public_listen or self.listen


class DiscoverySettings(ListenSettings):
    """How other services find the daemon."""

    service_name: str = Field(
        "payment-service",
        alias="PAYCLI_SERVICE_NAME",
        # It is part of an address where callers are balanced: RFC 1123.
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        description="name in the registry and in telemetry: letters, digits and -",
    )
    advertise: Listen | None = Field(
        None,
        alias="PAYCLI_ADVERTISE",
        description="host:port that is registered; by default PAYCLI_LISTEN",
    )
    eureka_url: SecretStr | None = Field(
        None,
        alias="PAYCLI_EUREKA_URL",
        description="registries, comma-separated, such as http://registry:8761/eureka; "
        "unset: do not register",
    )
    eureka_heartbeat_seconds: float = Field(
        30,
        alias="PAYCLI_EUREKA_HEARTBEAT_SECONDS",
        ge=1,
        le=300,
        description="pause between heartbeats; the registry evicts when three are missing",
    )

    def registries(self) -> tuple[str, ...]:
        """The registries' addresses, with their credentials."""
        return _registries(self.eureka_url)

    @field_validator("advertise")
    @classmethod
    def _can_be_reached(cls, advertise: Address | None) -> Address | None:
        if advertise is not None and (advertise.host in _LOOPBACK or advertise.port == 0):
            raise ValueError("must be an address that others can reach")
        return advertise

    @field_validator("eureka_url")
    @classmethod
    def _are_addresses(cls, eureka_url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if eureka_url is None:
            return None
        if not all(map(_is_registry, _registries(eureka_url))):
            raise ValueError("each must be like http://registry:8761/eureka")
        listen = info.data.get("listen")
        if listen and listen.host in _LOOPBACK and info.data.get("advertise", ...) is None:
            raise ValueError(
                "needs PAYCLI_ADVERTISE too, since PAYCLI_LISTEN does not say where others reach it"
            )
        return eureka_url


def _registries(eureka_url: SecretStr | None) -> tuple[str, ...]:
    text = "" if eureka_url is None else eureka_url.get_secret_value()
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_registry(url: str) -> bool:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and parts.port != 0
    except ValueError:  # a port that is none
        return False
    return known and bool(parts.hostname) and not (parts.query or parts.fragment)


class ServerSettings(DiscoverySettings):
    """How the daemon serves."""

    server: Literal["waitress", "granian"] = Field(
        "waitress",
        alias="PAYCLI_SERVER",
        description="waitress, or granian, which is an extra: paycli[granian]",
    )
    workers: int = Field(
        1,
        alias="PAYCLI_WORKERS",
        ge=1,
        le=64,
        description="processes",
    )
    drain_seconds: float = Field(
        0,
        alias="PAYCLI_DRAIN_SECONDS",
        ge=0,
        le=600,
        description="after SIGTERM: not ready, still accepting for so long",
    )
    threads: int = Field(
        16,
        alias="PAYCLI_THREADS",
        ge=4,
        le=256,
        description="webhooks that may wait for Kafka at a time, in each process",
    )
    max_body_bytes: int = Field(
        1_048_576,
        alias="PAYCLI_MAX_BODY_BYTES",
        ge=1024,
        description="larger requests get 413",
    )
    log_format: Literal["console", "json"] | None = Field(
        None,
        alias="PAYCLI_LOG_FORMAT",
        description="console or json; by default console on a terminal, else json",
    )


GROUPS: tuple[type[Group], ...] = (
    StripeSettings,
    WebhookSettings,
    KafkaSettings,
    TokenSettings,
    ServerSettings,
)
"""All groups, so that each setting is in one of them."""
