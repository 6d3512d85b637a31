"""What every group of settings is made of."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr


def split_list(value: object) -> object:
    """The items of a comma-separated text; any other value as it is."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(split_list), Field(min_length=1)]


class SettingsGroup(BaseModel):
    """Settings that belong together. Subclasses add fields; `also` are further names of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
