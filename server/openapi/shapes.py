"""Shapes that only the HTTP interface has: probes, Stripe's webhook, problems."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class Kafka(BaseModel):
    """How it stands with Kafka now."""

    reachable: bool
    missing_topics: list[str]


class Readiness(BaseModel):
    """Whether the daemon wants traffic; `kafka` is as of now."""

    status: Literal["ready", "not_ready", "draining"]
    kafka: Kafka


class Component(BaseModel):
    """How it stands with something that the daemon leans on."""

    status: Literal["UP", "DOWN"]


class KafkaComponent(BaseModel):
    """Kafka, as a component of the health."""

    status: Literal["UP", "DOWN"]
    details: Kafka


class Components(BaseModel):
    """What the daemon leans on; `eureka` where a registry is set."""

    kafka: KafkaComponent
    eureka: Component = Component(status="UP")


class ActuatorHealth(BaseModel):
    """The readiness in the words of Spring Boot's Actuator."""

    status: Literal["UP", "DOWN", "OUT_OF_SERVICE"]
    components: Components


class Metrics(RootModel[str]):
    """Metrics in Prometheus's text format."""


class Build(BaseModel):
    """The program and its version."""

    name: str = Field(examples=["paycli"])
    version: str = Field(examples=["0.1.0"])


class ActuatorInfo(BaseModel):
    """What runs here."""

    build: Build


class StripeEvent(BaseModel):
    """An event as Stripe sends it."""

    id: str = Field(examples=["evt_1NG8Du2eZvKYlo2CUI79vXWy"])
    type: str = Field(examples=["payment_intent.succeeded"])
    data: dict[str, JsonValue]


class Receipt(BaseModel):
    """What has become of a webhook."""

    event_id: str = Field(examples=["evt_1NG8Du2eZvKYlo2CUI79vXWy"])
    outcome: Literal["published", "ignored", "unreadable"]


class Document(BaseModel):
    """An OpenAPI document."""

    openapi: str = Field(examples=["3.1.0"])


class WrongField(BaseModel):
    """One field that is wrong."""

    pointer: str = Field(
        description="JSON pointer to the field, or `#/name` of a query parameter.",
        examples=["#/amount"],
    )
    detail: str = Field(description="What is wrong, and what to do.")


class Problem(BaseModel):
    """An error (RFC 9457). Build on `status` and `code`; `detail` is for people and may change."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(description="A name, not an address.", examples=["urn:paycli:problem:busy"])
    title: str
    status: int
    code: str = Field(description="Stable; for what Stripe refuses, Stripe's own code.")
    detail: str
    errors: list[WrongField] = Field(default=[], description="Every wrong field.")
    retryable: bool = Field(
        default=False,
        description="true: send the same request again with the same key; false: don't, it would "
        "never help; absent: no word.",
    )
    decline_code: str = Field(default="", description="The bank's reason for refusing a card.")
    stripe_request_id: str = Field(default="", description="To find it in Stripe's Dashboard.")
    cause: str = Field(default="", description="Why a signature does not hold.")
