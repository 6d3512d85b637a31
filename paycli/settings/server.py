"""Settings of the daemon: addresses, service discovery, processes, limits and logs."""

import re
from typing import Literal
from urllib.parse import quote, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from paycli.settings.address import Address, Listen
from paycli.settings.group import SettingsGroup


class ListenSettings(SettingsGroup):
    """The addresses that the daemon listens on."""

    listen: Listen = Field(
        Address(host="127.0.0.1", port=8080),
        alias="PAYCLI_LISTEN",
        description="host:port that the daemon listens on; * for all IPv4 addresses",
    )
    public_listen: Listen | None = Field(
        None,
        alias="PAYCLI_PUBLIC_LISTEN",
        description="host:port that serves only the webhook route, which PAYCLI_LISTEN then does "
        "not serve",
    )

    @property
    def webhook_address(self) -> Address:
        """The address that serves the webhook route."""
        return self.public_listen or self.listen


class DiscoverySettings(ListenSettings):
    """Registration with Eureka."""

    service_name: str = Field(
        "payment-service",
        alias="PAYCLI_SERVICE_NAME",
        # Callers with client-side load balancing use it as a host name: RFC 1123.
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$",
        description="service name in the registry and in telemetry: letters, digits and -",
    )
    advertise: Listen | None = Field(
        None,
        alias="PAYCLI_ADVERTISE",
        description="host:port to register; by default PAYCLI_LISTEN",
    )
    eureka_url: SecretStr | None = Field(
        None,
        alias="PAYCLI_EUREKA_URL",
        description="comma-separated Eureka URLs, such as http://registry:8761/eureka; if unset, "
        "the daemon does not register",
    )
    eureka_heartbeat_seconds: float = Field(
        30,
        alias="PAYCLI_EUREKA_HEARTBEAT_SECONDS",
        ge=1,
        le=300,
        description="seconds between heartbeats; the registry evicts the daemon after three missed "
        "ones",
    )

    def registries(self) -> tuple[str, ...]:
        """Returns the registries' URLs, including their credentials."""
        return _registries(self.eureka_url)

    @field_validator("advertise")
    @classmethod
    def _check_reachable(cls, advertise: Address | None) -> Address | None:
        if advertise is not None and (advertise.is_wildcard or advertise.port == 0):
            raise ValueError("must be an address that other machines can reach")
        return advertise

    @field_validator("eureka_url")
    @classmethod
    def _check_urls(cls, eureka_url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if eureka_url is None:
            return None
        if not all(map(_is_registry, _registries(eureka_url))):
            raise ValueError(
                "each must be a URL such as http://registry:8761/eureka; in user and password "
                f"write {_ESCAPES}"
            )
        listen = info.data.get("listen")
        if listen and listen.is_wildcard and info.data.get("advertise", ...) is None:
            raise ValueError(
                "requires PAYCLI_ADVERTISE, because PAYCLI_LISTEN is a wildcard address"
            )
        return eureka_url


_ESCAPES = ", ".join(f"{character} as {quote(character, safe='')}" for character in "#,/?@:%")
"""What would end the password, or the URL in a list of them. RFC 3986, section 3.2.1."""


def _registries(eureka_url: SecretStr | None) -> tuple[str, ...]:
    text = "" if eureka_url is None else eureka_url.get_secret_value()
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_registry(url: str) -> bool:
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and parts.port != 0
        url.encode()
    except ValueError:  # the port is invalid, or the text cannot be sent
        return False
    # An @ in the path is that of credentials with a slash, which would end up in messages.
    plain_path = re.fullmatch(r"[!-?A-~]*", parts.path) is not None
    return valid and bool(parts.hostname) and plain_path and not (parts.query or parts.fragment)


class ServerSettings(DiscoverySettings):
    """Processes, limits and logs."""

    workers: int = Field(
        1,
        alias="PAYCLI_WORKERS",
        ge=1,
        le=64,
        description="number of worker processes",
    )
    drain_seconds: float = Field(
        0,
        alias="PAYCLI_DRAIN_SECONDS",
        ge=0,
        le=600,
        description="seconds after SIGTERM during which the daemon is not ready but still accepts "
        "requests",
    )
    idle_seconds: float = Field(
        75,
        alias="PAYCLI_IDLE_SECONDS",
        ge=1,
        le=3600,
        description="seconds that an idle kept-alive connection stays open; longer than the load "
        "balancer's own",
    )
    webhook_max_in_flight: int = Field(
        16,
        alias="PAYCLI_WEBHOOK_MAX_IN_FLIGHT",
        ge=4,
        le=256,
        description="webhooks that may wait for Kafka at the same time, in each process",
    )
    max_body_bytes: int = Field(
        1_048_576,
        alias="PAYCLI_MAX_BODY_BYTES",
        ge=1024,
        description="maximum size of a request body; larger requests get 413",
    )
    log_format: Literal["console", "json"] | None = Field(
        None,
        alias="PAYCLI_LOG_FORMAT",
        description="console or json; the default is console on a terminal, else json",
    )
