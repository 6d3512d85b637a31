"""Connects to a schema registry."""

from contextlib import closing
from typing import TYPE_CHECKING

from paycli.settings import SchemaRegistrySettings

if TYPE_CHECKING:
    from paycli.adapters.schema_registry import SchemaRegistryClient


def schema_registry(url: str, settings: SchemaRegistrySettings) -> "closing[SchemaRegistryClient]":
    """Returns a context manager for a client of the registry at `url`."""
    from paycli.adapters.schema_registry import SchemaRegistryClient

    return closing(SchemaRegistryClient(url, settings))
