"""Settings in groups: each command reads the groups that it uses, once, at the edge.

A setting is a field whose alias is the name of its environment variable, with its other names in
`json_schema_extra` and its purpose as description. Groups are frozen and passed on; a secret is a
SecretStr. `paycli.settings.reader` looks the values up.
"""

from paycli.settings.address import Address
from paycli.settings.callers import TokenSettings
from paycli.settings.group import SettingsGroup
from paycli.settings.kafka import KafkaSettings, TopicSettings
from paycli.settings.server import DiscoverySettings, ListenSettings, ServerSettings
from paycli.settings.stripe import STRIPE_API_BASE, StripeSettings, WebhookSettings, is_live

GROUPS: tuple[type[SettingsGroup], ...] = (
    StripeSettings,
    WebhookSettings,
    KafkaSettings,
    TokenSettings,
    ServerSettings,
)
"""All groups, so that each setting is in one of them."""

__all__ = [
    "GROUPS",
    "STRIPE_API_BASE",
    "Address",
    "DiscoverySettings",
    "KafkaSettings",
    "ListenSettings",
    "ServerSettings",
    "SettingsGroup",
    "StripeSettings",
    "TokenSettings",
    "TopicSettings",
    "WebhookSettings",
    "is_live",
]
