"""The base class of settings groups, and lists of values."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def split_list(value: object) -> object:
    """Returns the items of a comma-separated string; returns other values unchanged."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(split_list), Field(min_length=1)]


class SettingsGroup(BaseModel):
    """Base class of settings groups. Subclasses add fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
