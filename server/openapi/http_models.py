"""Models that only the HTTP interface has: probes, Stripe's webhook, problem details."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel

from paycli.errors import MAX_PROBLEMS


class HealthResponse(BaseModel):
    """The process is alive."""

    status: Literal["ok"]


class KafkaStatus(BaseModel):
    """The current state of the connection to Kafka."""

    reachable: bool
    missing_topics: list[str]


class ReadinessResponse(BaseModel):
    """Whether the daemon accepts traffic, and the current state of the connection to Kafka."""

    status: Literal["ready", "not_ready", "draining"]
    kafka: KafkaStatus


class ActuatorComponent(BaseModel):
    """The state of a dependency."""

    status: Literal["UP", "DOWN"]


class ActuatorKafkaComponent(BaseModel):
    """The state of Kafka as a dependency."""

    status: Literal["UP", "DOWN"]
    details: KafkaStatus


class ActuatorComponents(BaseModel):
    """The daemon's dependencies; `eureka` only if a registry is configured."""

    kafka: ActuatorKafkaComponent
    eureka: ActuatorComponent = ActuatorComponent(status="UP")


class ActuatorHealthResponse(BaseModel):
    """The readiness as Spring Boot's Actuator reports it."""

    status: Literal["UP", "DOWN", "OUT_OF_SERVICE"]
    components: ActuatorComponents


class MetricsResponse(RootModel[str]):
    """Metrics in Prometheus's text format."""


class ActuatorBuild(BaseModel):
    """The program and its version."""

    name: str = Field(examples=["paycli"])
    version: str = Field(examples=["0.1.0"])


class ActuatorInfoResponse(BaseModel):
    """Build information as Spring Boot's Actuator reports it."""

    build: ActuatorBuild


class StripeEventRequest(BaseModel):
    """An event as Stripe sends it."""

    id: str = Field(examples=["evt_1NG8Du2eZvKYlo2CUI79vXWy"])
    type: str = Field(examples=["payment_intent.succeeded"])
    data: dict[str, JsonValue]


class StripeEventResponse(BaseModel):
    """The outcome of a webhook."""

    event_id: str = Field(examples=["evt_1NG8Du2eZvKYlo2CUI79vXWy"])
    outcome: Literal["published", "ignored", "unreadable"]


class OpenApiResponse(BaseModel):
    """An OpenAPI document."""

    openapi: str = Field(examples=["3.1.0"])


class ReferencePage(RootModel[str]):
    """An HTML page, which has no script and loads nothing."""


class FieldError(BaseModel):
    """One invalid field."""

    pointer: str = Field(
        description="JSON pointer to the field, or `#/name` of a query parameter.",
        examples=["#/amount"],
    )
    detail: str = Field(description="What is wrong, and how to correct it.")


class ProblemDetails(BaseModel):
    """An error (RFC 9457). Rely on `status` and `code`; `detail` is for humans and may change."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(
        description="A name for the kind of problem, not an address to open.",
        examples=["urn:paycli:problem:busy"],
    )
    title: str
    status: int
    code: str = Field(
        description="A stable code. For a request that Stripe refused, Stripe's own code."
    )
    detail: str
    errors: list[FieldError] = Field(
        default=[], description=f"The invalid fields, at most {MAX_PROBLEMS}."
    )
    errors_omitted: int = Field(
        default=0, description="How many further fields are invalid. Absent: none."
    )
    retryable: bool = Field(
        default=False,
        description="Whether to send the same request again with the same idempotency key. False: "
        "a retry cannot succeed. Absent: unknown.",
    )
    decline_code: str = Field(default="", description="The issuer's reason for declining a card.")
    payment_id: str = Field(
        default="",
        description="The id of the PaymentIntent that a refused charge left behind: the customer "
        "can still pay it.",
    )
    stripe_request_id: str = Field(
        default="", description="The id of the request to Stripe, to find it in the Dashboard."
    )
    cause: str = Field(default="", description="Why signature verification failed.")
    scope: str = Field(default="", description="The scope that the caller's token lacks.")
