"""What a program uses is counted with all that its children use."""

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
    """A program and its child: processor time and memory of both, and of nobody else."""
    process = Process([sys.executable, "-c", BUSY], name="busy", directory=tmp_path)
    try:
        wait_until(lambda: usage.cpu_seconds(process.pid) >= 0.7, 30, "both have been busy")
        assert usage.cpu_seconds(process.pid) < 5
        assert 80 <= usage.memory_mib(process.pid) < 150
        assert usage.machine_seconds() > usage.cpu_seconds(process.pid)
    finally:
        process.kill()
