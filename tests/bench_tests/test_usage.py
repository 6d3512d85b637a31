"""The usage of a program includes that of its children."""

import sys
from pathlib import Path

from bench import usage
from harness.polling import wait_until
from harness.processes import Process

# Two processes, each with 40 MiB of its own and 0.4 s of processor time.
BUSY = """
import os, time
os.fork()
own = bytearray(b"x" * (40 << 20))
while time.process_time() < 0.4: pass
time.sleep(60)
"""


def test_children_count(tmp_path: Path) -> None:
    """Processor time and memory of a program and its child are counted, and of no other process."""
    with Process([sys.executable, "-c", BUSY], name="busy", directory=tmp_path) as process:
        wait_until(
            lambda: usage.cpu_seconds(process.pid) >= 0.7, 30, "both have used processor time"
        )
        assert usage.cpu_seconds(process.pid) < 5
        assert 80 <= usage.memory_mib(process.pid) < 150
        assert usage.machine_seconds() > usage.cpu_seconds(process.pid)
