"""The operator's own librdkafka settings (`PAYCLI_KAFKA_CONFIG`): what would hurt is refused.

The names and their meaning are librdkafka's CONFIGURATION.md.
"""

import json

from pydantic import SecretStr

Config = dict[str, str | int | float | bool]

MAX_LINGER_MS = 1000
"""Above it, waiting for a batch would eat up the deadline of a webhook."""

_ACKNOWLEDGEMENT = "it would weaken the acknowledgement (acks=all, idempotent)"
_DEADLINE = "the deadline is set by PAYCLI_ACK_TIMEOUT_SECONDS"
_PARTITIONER = "keys must land where Java's producers put them"
_OURS = "it is set by a setting of its own"
_TOPICS = "topics are created by whoever decides how many copies are kept"
_FOREIGN_CODE = "it would run other code in this process"

_REFUSED = {
    "acks": _ACKNOWLEDGEMENT,
    "request.required.acks": _ACKNOWLEDGEMENT,
    "enable.idempotence": _ACKNOWLEDGEMENT,
    "enable.gapless.guarantee": _ACKNOWLEDGEMENT,
    "transactional.id": _ACKNOWLEDGEMENT,
    "retries": _ACKNOWLEDGEMENT,
    "message.send.max.retries": _ACKNOWLEDGEMENT,
    "max.in.flight": _ACKNOWLEDGEMENT,
    "max.in.flight.requests.per.connection": _ACKNOWLEDGEMENT,
    "delivery.report.only.error": _ACKNOWLEDGEMENT,
    "message.timeout.ms": _DEADLINE,
    "delivery.timeout.ms": _DEADLINE,
    "request.timeout.ms": _DEADLINE,
    "topic.metadata.propagation.max.ms": _DEADLINE,
    "partitioner": _PARTITIONER,
    "allow.auto.create.topics": _TOPICS,
    "bootstrap.servers": _OURS,
    "metadata.broker.list": _OURS,
    "plugin.library.paths": _FOREIGN_CODE,
    "ssl.engine.location": _FOREIGN_CODE,
    "enabled_events": _ACKNOWLEDGEMENT,
}
_REFUSED_ENDINGS = ("_cb", "on_delivery", "opaque")


def check(value: object) -> object:
    """Accepts the JSON text of an object whose values are strings, numbers or booleans.

    Raises ValueError, which names the key but never a value, for anything else and for whatever
    would weaken the promise that stands behind a 2xx.
    """
    if isinstance(value, str):
        _parse(value)
        return SecretStr(value)
    return value


def parse(value: SecretStr) -> Config:
    """The checked settings, as librdkafka takes them."""
    return _parse(value.get_secret_value())


def _parse(text: str) -> Config:
    try:
        config = json.loads(text, parse_constant=_no_constant)
        json.dumps(config, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ValueError(  # noqa: TRY004  (pydantic's way)
            'must be a JSON object, such as {"security.protocol": "SASL_SSL"}'
        )
    for key, value in config.items():
        if key in _REFUSED:
            raise ValueError(f"may not hold {key}: {_REFUSED[key]}")
        if key.endswith(_REFUSED_ENDINGS) or key.startswith("test.mock."):
            raise ValueError(f"may not hold {key}: {_FOREIGN_CODE}")
        if not isinstance(value, str | int | float):
            raise ValueError(  # noqa: TRY004  (the same)
                f"{key} must be a string, a number or a boolean"
            )
        if key in ("linger.ms", "queue.buffering.max.ms") and not _small(value):
            raise ValueError(f"{key} may be at most {MAX_LINGER_MS}: {_DEADLINE}")
    return {key: _text(value) for key, value in config.items()}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _text(value: str | float) -> str | float:
    """Librdkafka reads booleans as words."""
    return str(value).lower() if isinstance(value, bool) else value


def _small(value: str | float) -> bool:
    try:
        return float(value) <= MAX_LINGER_MS
    except ValueError:
        return False
