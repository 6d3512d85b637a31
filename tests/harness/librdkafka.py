"""Fatal errors inside librdkafka, which no broker produces on demand."""

import ctypes
from pathlib import Path

from confluent_kafka import Producer

OUT_OF_ORDER_SEQUENCE_NUMBER = 45


def trigger_fatal_error(producer: Producer) -> None:
    """Put a producer into the fatal error state, in which it accepts no more records.

    `rd_kafka_test_fatal_error` is librdkafka's own test hook (rdkafka.h); the Python client does
    not expose it.
    """
    maps = Path("/proc/self/maps").read_text().splitlines()
    [library] = {line.split()[-1] for line in maps if "/librdkafka" in line}
    hook = ctypes.CDLL(library).rd_kafka_test_fatal_error
    hook.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p]
    # The first field of the Producer's C struct after the object header is librdkafka's handle.
    handle = ctypes.c_void_p.from_address(id(producer) + object.__basicsize__)
    assert hook(handle, OUT_OF_ORDER_SEQUENCE_NUMBER, b"triggered by a test") == 0
