"""Settings of Kafka: brokers, topics and deadline."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from paycli.settings import kafka_config
from paycli.settings.group import SettingsGroup


class TopicSettings(SettingsGroup):
    """The topics."""

    topic: str = Field(
        "payments.events",
        alias="PAYCLI_KAFKA_TOPIC",
        # Kafka's limit is 249; the suffix of the unreadable topic takes 11.
        pattern=r"^[A-Za-z0-9._-]{1,238}$",
        description="topic that internal events are published to",
    )

    @property
    def unreadable_topic(self) -> str:
        """The topic of events that can't be translated."""
        return f"{self.topic}.unreadable"


class KafkaSettings(TopicSettings):
    """Connection to Kafka and its deadline."""

    bootstrap_servers: str = Field(
        alias="PAYCLI_KAFKA_BOOTSTRAP_SERVERS",
        json_schema_extra={"also": ["KAFKA_BOOTSTRAP_SERVERS"]},
        description="Kafka brokers, such as broker-1:9092,broker-2:9092",
    )
    config: Annotated[SecretStr, BeforeValidator(kafka_config.check)] = Field(
        SecretStr("{}"),
        alias="PAYCLI_KAFKA_CONFIG",
        description="JSON object of additional librdkafka settings (TLS, SASL, …)",
    )
    schema_ids_file: Path | None = Field(
        None,
        alias="PAYCLI_KAFKA_SCHEMA_IDS_FILE",
        description="file that paycli schemas publish --ids-file has written; if set, each record "
        "has its schema's id in the header __value_schema_id",
    )
    ack_timeout_seconds: float = Field(
        5,
        alias="PAYCLI_ACK_TIMEOUT_SECONDS",
        ge=0.5,
        le=60,
        description="how long a webhook waits for Kafka's acknowledgement before it responds with "
        "503",
    )
