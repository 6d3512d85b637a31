"""The operator's additional librdkafka settings (`PAYCLI_KAFKA_CONFIG`).

Settings that would weaken the delivery guarantee are refused. librdkafka's CONFIGURATION.md
describes all of them.
"""

import json

from pydantic import SecretStr

Config = dict[str, str | int | float | bool]

MAX_LINGER_MS = 1000
"""A longer wait for a batch would consume the acknowledgement deadline of a webhook."""

_ACKNOWLEDGEMENT = "it would weaken the acknowledgement (acks=all, idempotent)"
_DEADLINE = "the deadline is set by PAYCLI_ACK_TIMEOUT_SECONDS"
_PARTITIONER = "keys must map to the same partitions as with Java producers"
_OURS = "it has a setting of its own"
_TOPICS = "topics must be created explicitly, with a replication factor"
_FOREIGN_CODE = "it would run foreign code in this process"

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
    """Checks the text of a JSON object whose values are strings, numbers or booleans.

    Raises ValueError, which names the key but never a value, for any other text and for settings
    that would weaken the guarantee of a 2xx response.
    """
    if isinstance(value, str):
        _parse(value)
        return SecretStr(value)
    return value


def parse(value: SecretStr) -> Config:
    """Returns the checked settings in the form that librdkafka expects."""
    return _parse(value.get_secret_value())


def _parse(text: str) -> Config:
    try:
        config = json.loads(text, parse_constant=_refuse_constant)
        json.dumps(config, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise ValueError(  # noqa: TRY004  (Pydantic requires a ValueError)
            'must be a JSON object, such as {"security.protocol": "SASL_SSL"}'
        )
    for key, value in config.items():
        if key in _REFUSED:
            raise ValueError(f"must not contain {key}: {_REFUSED[key]}")
        if key.endswith(_REFUSED_ENDINGS) or key.startswith("test.mock."):
            raise ValueError(f"must not contain {key}: {_FOREIGN_CODE}")
        if not isinstance(value, str | int | float):
            raise ValueError(  # noqa: TRY004  (Pydantic requires a ValueError)
                f"{key} must be a string, a number or a boolean"
            )
        if key in ("linger.ms", "queue.buffering.max.ms") and not _is_short(value):
            raise ValueError(f"{key} must be at most {MAX_LINGER_MS}: {_DEADLINE}")
    return {key: _text(value) for key, value in config.items()}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _text(value: str | float) -> str | float:
    """Writes a boolean as `true` or `false`, as librdkafka expects."""
    return str(value).lower() if isinstance(value, bool) else value


def _is_short(value: str | float) -> bool:
    try:
        return float(value) <= MAX_LINGER_MS
    except ValueError:
        return False
