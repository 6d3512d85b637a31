"""How to reach Kafka, and the topics."""

from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from paycli.settings import kafka_config
from paycli.settings.group import SettingsGroup


class TopicSettings(SettingsGroup):
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
