"""Settings, in groups: each command reads only the groups that it uses, once, at start.

A setting is a field. Its alias is the name of its environment variable, `also` in its
`json_schema_extra` lists further names, and its description is its help text. Groups are frozen.
Secrets are SecretStr. `paycli.settings.reader` reads the values.
"""

from paycli.settings.address import Address
from paycli.settings.callers import TokenSettings
from paycli.settings.group import SettingsGroup
from paycli.settings.kafka import KafkaSettings, TopicSettings
from paycli.settings.schema_registry import SchemaRegistrySettings
from paycli.settings.server import DiscoverySettings, ListenSettings, ServerSettings
from paycli.settings.stripe import STRIPE_API_BASE, StripeSettings, WebhookSettings, is_live

GROUPS: tuple[type[SettingsGroup], ...] = (
    StripeSettings,
    WebhookSettings,
    KafkaSettings,
    TokenSettings,
    ServerSettings,
    SchemaRegistrySettings,
)
"""Groups that together contain every setting exactly once."""

__all__ = [
    "GROUPS",
    "STRIPE_API_BASE",
    "Address",
    "DiscoverySettings",
    "KafkaSettings",
    "ListenSettings",
    "SchemaRegistrySettings",
    "ServerSettings",
    "SettingsGroup",
    "StripeSettings",
    "TokenSettings",
    "TopicSettings",
    "WebhookSettings",
    "is_live",
]
