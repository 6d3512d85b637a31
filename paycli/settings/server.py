"""How the daemon listens, serves and is found by others."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from paycli.settings.address import Address, Listen
from paycli.settings.group import SettingsGroup


class ListenSettings(SettingsGroup):
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
        if advertise is not None and (advertise.is_wildcard or advertise.port == 0):
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
        if listen and listen.is_wildcard and info.data.get("advertise", ...) is None:
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
    webhook_max_in_flight: int = Field(
        16,
        alias="PAYCLI_WEBHOOK_MAX_IN_FLIGHT",
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
