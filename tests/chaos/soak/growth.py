"""What each process of a daemon uses, and how much that grows."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

WARM_UP_SHARE = 0.25
LIMITS = {"memory": 3.0, "threads": 0.5, "descriptors": 2.0}
"""The most that a figure of a process may grow after the warm-up, by its regression line."""
Samples = Mapping[str, Sequence[tuple[float, float]]]


def process_ids(pid: int) -> dict[str, int]:
    """Return the process ids of a daemon by name: its master and its workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    workers = {f"worker {number}": int(each) for number, each in enumerate(children, start=1)}
    return {"master": pid, **workers}


def figures(processes: Mapping[str, int]) -> dict[str, Callable[[], float]]:
    """Return what to sample, by a name such as `memory of worker 1`; memory in MiB."""
    sources = {"memory": _rss_mib, "threads": _threads, "descriptors": _descriptors}

    def reader(source: Callable[[Path], float], pid: int) -> Callable[[], float]:
        return lambda: source(Path(f"/proc/{pid}"))

    return {
        f"{figure} of {name}": reader(source, pid)
        for figure, source in sources.items()
        for name, pid in processes.items()
    }


def of_figure(samples: Samples, figure: str) -> dict[str, Sequence[tuple[float, float]]]:
    """Return the samples of a figure by process."""
    start = f"{figure} of "
    return {name.removeprefix(start): samples[name] for name in samples if name.startswith(start)}


def growth(samples: Samples) -> dict[str, float]:
    """Return how much each figure has grown in the process in which it has grown most."""
    return {
        figure: max(map(growth_after_warm_up, of_figure(samples, figure).values()))
        for figure in LIMITS
    }


def growth_after_warm_up(samples: Sequence[tuple[float, float]]) -> float:
    """Return how much the regression line of samples (seconds, figure) rises after the warm-up."""
    first, last = samples[0][0], samples[-1][0]
    warm = first + WARM_UP_SHARE * (last - first)
    used = [sample for sample in samples if sample[0] >= warm]
    line = statistics.linear_regression(*zip(*used, strict=True))
    return line.slope * (last - warm)


def _rss_mib(process: Path) -> float:
    status = (process / "status").read_text()
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kib) / 1024


def _threads(process: Path) -> float:
    return float(sum(1 for _ in (process / "task").iterdir()))


def _descriptors(process: Path) -> float:
    return float(sum(1 for _ in (process / "fd").iterdir()))
