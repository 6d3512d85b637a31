"""Additional librdkafka settings; the names are from librdkafka's CONFIGURATION.md."""

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
    "replication factor": ["allow.auto.create.topics"],
    "setting of its own": ["bootstrap.servers", "metadata.broker.list"],
    "foreign code": [
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
    """Return the message with which a value is refused."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the message is what is tested)
        kafka_config.check(text)
    return str(refused.value)


@pytest.mark.parametrize("value", ["0", 0, 1, True, "", CANARY])
@pytest.mark.parametrize(
    ("reason", "name"), [(reason, name) for reason, names in REFUSED.items() for name in names]
)
def test_settings_that_weaken_the_guarantee_are_refused_with_the_reason(
    reason: str, name: str, value: str | float
) -> None:
    """The message names the setting and the reason, regardless of the value."""
    message = refusal(json.dumps({"security.protocol": "SSL", name: value}))
    assert f"must not contain {name}: " in message
    assert reason in message
    assert CANARY not in message


@pytest.mark.parametrize("config", ALLOWED, ids=json.dumps)
def test_other_settings_are_passed_through_unchanged(
    config: dict[str, str | int | float | bool],
) -> None:
    """TLS, SASL, compression and the like are accepted, and hidden when printed."""
    checked = kafka_config.check(json.dumps(config))
    assert isinstance(checked, SecretStr)
    assert kafka_config.parse(checked) == config
    assert str(checked) == "**********"


@pytest.mark.parametrize("name", ["linger.ms", "queue.buffering.max.ms"])
@pytest.mark.parametrize("value", [1001, 5000.0, "60000", "nan", "a second", ""])
def test_the_linger_time_is_limited(name: str, value: str | float) -> None:
    """Both names of the setting are limited to 1000 ms, inclusive."""
    message = refusal(json.dumps({name: value}))
    assert f"{name} must be at most 1000" in message
    assert "PAYCLI_ACK_TIMEOUT_SECONDS" in message
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
    """The message contains an example and nothing of the value."""
    assert refusal(text) == 'must be a JSON object, such as {"security.protocol": "SASL_SSL"}'


@pytest.mark.parametrize("value", ["null", f'["{CANARY}"]', f'{{"x": "{CANARY}"}}'])
def test_values_are_scalars(value: str) -> None:
    """A list, an object or null is refused; the message names only the key."""
    message = refusal(f'{{"sasl.password": {value}}}')
    assert message == "sasl.password must be a string, a number or a boolean"


def test_the_error_has_no_cause_that_contains_the_value() -> None:
    """The parser's error, which contains the text, is not chained."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011  (the chained errors are tested)
        kafka_config.check(f'{{"sasl.password": "{CANARY}"')
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
