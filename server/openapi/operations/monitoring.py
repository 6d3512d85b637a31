"""Operations for probes, Prometheus, Spring's tools, client generators and developers."""

from server.openapi import http_models
from server.openapi.operations.operation import ANY, Json, Operation

_KAFKA: Json = {"reachable": True, "missing_topics": []}
_NOT_READY = "The daemon has not started yet, or is draining."

OPERATIONS = (
    Operation(
        id="getHealth",
        tag="monitoring",
        method="get",
        path="/healthz",
        summary="Liveness",
        description="Returns 200 while the process responds and polls Kafka's delivery reports. A "
        "503 with the same fields means that only a restart helps.",
        response=http_models.HealthResponse,
        failures=ANY,
        response_example={"status": "ok"},
    ),
    Operation(
        id="getReadiness",
        tag="monitoring",
        method="get",
        path="/readyz",
        summary="Readiness",
        description="Returns 200 once Kafka has responded for the first time; until then, and "
        "while the daemon drains, 503 with the same fields.",
        response=http_models.ReadinessResponse,
        failures=ANY,
        response_example={"status": "ready", "kafka": _KAFKA},
        unavailable=_NOT_READY,
    ),
    Operation(
        id="getMetrics",
        tag="monitoring",
        method="get",
        path="/metrics",
        summary="Metrics in Prometheus format",
        description="Returns the metrics of all worker processes.",
        response=http_models.MetricsResponse,
        media_type="text/plain",
        failures=ANY,
        response_example="paycli_workers_ready 1\n",
    ),
    Operation(
        id="getActuatorHealth",
        tag="monitoring",
        method="get",
        path="/actuator/health",
        summary="Health in Spring Boot Actuator format",
        description="Returns 200 where `/readyz` does, else 503 with the same fields.",
        response=http_models.ActuatorHealthResponse,
        failures=ANY,
        response_example={
            "status": "UP",
            "components": {"kafka": {"status": "UP", "details": _KAFKA}},
        },
        unavailable=_NOT_READY,
    ),
    Operation(
        id="getActuatorInfo",
        tag="monitoring",
        method="get",
        path="/actuator/info",
        summary="Build information in Spring Boot Actuator format",
        response=http_models.ActuatorInfoResponse,
        failures=ANY,
        response_example={"build": {"name": "paycli", "version": "0.1.0"}},
    ),
    Operation(
        id="getOpenapi",
        tag="monitoring",
        method="get",
        path="/openapi.json",
        summary="OpenAPI document",
        description="Returns this document.",
        response=http_models.OpenApiResponse,
        failures=ANY,
    ),
    Operation(
        id="getDocs",
        tag="monitoring",
        method="get",
        path="/docs",
        summary="Reference as a page",
        description="Returns this document and the event reference as a page for people.",
        response=http_models.ReferencePage,
        media_type="text/html",
        failures=ANY,
        response_example='<!DOCTYPE html>\n<html lang="en">…</html>\n',
    ),
)
