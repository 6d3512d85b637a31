"""Processor time and memory of a program with all its children, as the kernel counts them."""

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def cpu_seconds(session: int) -> float:
    """Return the processor time, user and system, of all processes of a session so far."""
    # Fields are counted from after the command's name: proc_pid_stat(5).
    ticks = (int(field) for stat in _stats(session) for field in stat[11:13])
    return sum(ticks) / TICKS_PER_SECOND


def memory_mib(session: int) -> float:
    """Return the memory of all processes of a session in MiB; shared memory counts once."""
    kib = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        fields = _fields(stat)
        if fields and int(fields[3]) == session:
            rollup = (stat.parent / "smaps_rollup").read_text()
            kib += next(int(line.split()[1]) for line in rollup.splitlines() if "Pss:" in line)
    return kib / 1024


def own_seconds() -> float:
    """Return the processor time of this process so far, and of its children that have exited."""
    return sum(os.times()[:4])


def machine_seconds() -> float:
    """Return the processor time of all programs on this machine so far, and the stolen time."""
    # user, nice, system, idle, iowait, irq, softirq, steal: proc_stat(5).
    fields = Path("/proc/stat").read_text().split()[1:9]
    return sum(int(fields[index]) for index in (0, 1, 2, 7)) / TICKS_PER_SECOND


def _stats(session: int) -> list[list[str]]:
    stats = (_fields(stat) for stat in Path("/proc").glob("[0-9]*/stat"))
    return [fields for fields in stats if fields and int(fields[3]) == session]


def _fields(stat: Path) -> list[str]:
    """Return the fields after the command's name; empty if the process has exited meanwhile."""
    try:
        return stat.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []
