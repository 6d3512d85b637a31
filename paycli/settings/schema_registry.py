"""Settings of the schema registry: its credentials and its certificate authority."""

from pathlib import Path

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from paycli.settings.group import SettingsGroup


class SchemaRegistrySettings(SettingsGroup):
    """Access to a schema registry, whose address is an option of the commands."""

    basic_auth: SecretStr | None = Field(
        None,
        alias="PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH",
        description="user:password for the schema registry, such as an API key and its secret",
    )
    token: SecretStr | None = Field(
        None,
        alias="PAYCLI_SCHEMA_REGISTRY_TOKEN",
        description="bearer token for the schema registry, instead of user and password",
    )
    ca_file: Path | None = Field(
        None,
        alias="PAYCLI_SCHEMA_REGISTRY_CA_FILE",
        description="PEM file of the authorities that the schema registry's certificate is "
        "verified with; by default those of the system",
    )

    @field_validator("basic_auth", "token")
    @classmethod
    def _check_sendable(cls, secret: SecretStr | None) -> SecretStr | None:
        # A line break would end the header field that it is sent in.
        if secret is not None and not secret.get_secret_value().isprintable():
            raise ValueError("must be one line of printable characters")
        return secret

    @field_validator("basic_auth")
    @classmethod
    def _check_user(cls, basic_auth: SecretStr | None) -> SecretStr | None:
        if basic_auth is not None and not basic_auth.get_secret_value().partition(":")[2]:
            raise ValueError("must be user:password")
        return basic_auth

    @field_validator("token")
    @classmethod
    def _check_token(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if token is None:
            return None
        if not token.get_secret_value().isascii():
            raise ValueError("must be ASCII (RFC 6750)")
        if info.data.get("basic_auth") is not None:
            raise ValueError("must not be set together with PAYCLI_SCHEMA_REGISTRY_BASIC_AUTH")
        return token
