"""Errors inside librdkafka that no broker produces on demand, by its own test hook."""

import ctypes
from pathlib import Path

from confluent_kafka import Producer

OUT_OF_ORDER_SEQUENCE_NUMBER = 45


def trigger_fatal_error(producer: Producer) -> None:
    """Let a producer meet a fatal error: it then takes no record any more.

    `rd_kafka_test_fatal_error` is librdkafka's own hook for this (rdkafka.h); Python has none.
    """
    maps = Path("/proc/self/maps").read_text().splitlines()
    [library] = {line.split()[-1] for line in maps if "/librdkafka" in line}
    hook = ctypes.CDLL(library).rd_kafka_test_fatal_error
    hook.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    # A Producer is a Python object whose first own field is librdkafka's handle.
    handle = ctypes.c_void_p.from_address(id(producer) + object.__basicsize__)
    assert hook(handle, OUT_OF_ORDER_SEQUENCE_NUMBER, b"made by a test") == 0
