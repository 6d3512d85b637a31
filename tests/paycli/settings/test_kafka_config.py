"""The names are those of librdkafka's CONFIGURATION.md; the reasons, those the promise needs."""

import json

import pytest
from pydantic import SecretStr

from paycli.settings import kafka_config

CANARY = "CaNaRy8d1f"

REFUSED = {
    "acknowledgement": [
        "acks",
        "request.required.acks",
        "enable.idempotence",
        "enable.gapless.guarantee",
        "transactional.id",
        "retries",
        "message.send.max.retries",
        "max.in.flight",
        "max.in.flight.requests.per.connection",
        "delivery.report.only.error",
    ],
    "PAYCLI_ACK_TIMEOUT_SECONDS": [
        "message.timeout.ms",
        "delivery.timeout.ms",
        "request.timeout.ms",
        "topic.metadata.propagation.max.ms",
    ],
    "Java": ["partitioner"],
    "how many copies": ["allow.auto.create.topics"],
    "setting of its own": ["bootstrap.servers", "metadata.broker.list"],
    "other code": [
        "plugin.library.paths",
        "ssl.engine.location",
        "partitioner_cb",
        "dr_cb",
        "dr_msg_cb",
        "on_delivery",
        "error_cb",
        "stats_cb",
        "throttle_cb",
        "log_cb",
        "socket_cb",
        "oauth_cb",
        "background_event_cb",
        "opaque",
        "default_topic_opaque",
        "test.mock.num.brokers",
        "test.mock.broker.rtt",
    ],
}
ALLOWED: list[dict[str, str | int | float | bool]] = [
    {},
    {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"},
    {"sasl.username": "u", "sasl.password": "p"},
    {"ssl.ca.location": "/etc/ca.pem", "ssl.endpoint.identification.algorithm": "https"},
    {"enable.ssl.certificate.verification": "false"},
    {"compression.type": "zstd", "client.id": "paycli", "batch.size": 1000},
    {"linger.ms": 0.5},
    {"linger.ms": "1000", "statistics.interval.ms": 1000},
]


def refusal(text: str) -> str:
    """Return the words with which a value is refused."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the words are what is tested)
        kafka_config.check(text)
    return str(refused.value)


@pytest.mark.parametrize("value", ["0", 0, 1, True, "", CANARY])
@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, names in REFUSED.items() for name in names]
)
def test_what_would_break_the_promise_is_refused_with_its_reason(
    reason: str, name: str, value: str | float
) -> None:
    """Whatever its value, a setting that weakens a 2xx is refused by name, with the reason."""
    said = refusal(json.dumps({"security.protocol": "SSL", name: value}))
    assert f"may not hold {name}: " in said
    assert reason in said
    assert CANARY not in said


@pytest.mark.parametrize("config", ALLOWED, ids=json.dumps)
def test_what_an_operator_needs_is_taken_as_it_is(
    config: dict[str, str | int | float | bool],
) -> None:
    """TLS, SASL, compression and the like pass through unchanged, and hidden."""
    checked = kafka_config.check(json.dumps(config))
    assert isinstance(checked, SecretStr)
    assert kafka_config.parse(checked) == config
    assert str(checked) == "**********"


@pytest.mark.parametrize("name", ["linger.ms", "queue.buffering.max.ms"])
@pytest.mark.parametrize("value", [1001, 5000.0, "60000", "nan", "a second", ""])
def test_a_batch_may_not_eat_the_deadline(name: str, value: str | float) -> None:
    """Waiting for a batch is limited to a second under both of its names; 1000 ms is fine."""
    said = refusal(json.dumps({name: value}))
    assert f"{name} may be at most 1000" in said
    assert "PAYCLI_ACK_TIMEOUT_SECONDS" in said
    kafka_config.check(json.dumps({name: 1000}))


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f'"{CANARY}"',
        f'["{CANARY}"]',
        "null",
        "1",
        f'{{"sasl.password": "{CANARY}"',
        f"sasl.password={CANARY}",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a": ' + "9" * 5000 + "}",
    ],
    ids=lambda text: text[:20],
)
def test_anything_but_a_json_object_is_refused_with_an_example(text: str) -> None:
    """The refusal shows how it is written and nothing of what was given."""
    said = refusal(text)
    assert said == 'must be a JSON object, such as {"security.protocol": "SASL_SSL"}'


@pytest.mark.parametrize("value", ["null", f'["{CANARY}"]', f'{{"x": "{CANARY}"}}'])
def test_values_are_single(value: str) -> None:
    """A value that is a list, an object or null is refused by its key alone."""
    said = refusal(f'{{"sasl.password": {value}}}')
    assert said == "sasl.password must be a string, a number or a boolean"


def test_the_error_keeps_no_value_in_what_it_came_from() -> None:
    """Also the parser's error, which holds the text, is not attached."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (what is attached is tested)
        kafka_config.check(f'{{"sasl.password": "{CANARY}"')
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
