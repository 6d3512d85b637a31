"""Where the processor time of a webhook goes: by shared object, and by module of the service."""

import re
import shlex
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from harness.measurements import Table
from harness.tools import ROOT, bench_python

from . import load
from .contestants import CONTESTANTS
from .load import LoadProfile
from .results import SATURATION
from .webhooks import requests
from .workbench import Workbench, log

SAMPLES_PER_SECOND = 499
ROWS = 16
SHARED_OBJECT = re.compile(r"^\s*([\d.]+)%\s+(\S+)", re.MULTILINE)
FRAME = re.compile(r"^(?P<function>.*) \((?P<file>[^:()]+)(?::\d+)?\)$")
WAITING = ("epoll", "select", "poll", "wait", "acquire")


def profile(workbench: Workbench, seconds: float) -> list[Table]:
    """Send webhooks without a pause to one process, and sample it with perf and with py-spy."""
    contestant = CONTESTANTS["waitress"]
    config = workbench.new_config()
    perf, py_spy = shutil.which("perf"), bench_python().parent / "py-spy"
    if perf is None:
        raise SystemExit("perf is missing: on Debian, apt install linux-perf")
    with (
        tempfile.TemporaryDirectory(prefix="paycli-profile-") as folder,
        workbench.running(contestant, config) as server,
    ):
        data, stacks = Path(folder) / "perf.data", Path(folder) / "stacks"
        pid, duration = str(server.process.pid), f"{seconds:g}"
        rate = str(SAMPLES_PER_SECOND)
        load.send(server.address, requests(), LoadProfile(SATURATION, contestant.warm_up_seconds))
        # In turn, so that neither slows the program down for the other.
        on_processor = (
            f"{perf} record -q -e cpu-clock -F {rate} -p {pid} -o {data} -- sleep {duration}"
        )
        in_python = (
            f"{py_spy} record --pid {pid} --duration {duration} --rate {rate} "
            f"--format raw --nonblocking --output {stacks}"
        )
        for command in (on_processor, in_python):
            with subprocess.Popen(
                shlex.split(command), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            ) as sampling:
                load.send(server.address, requests(), LoadProfile(SATURATION, seconds + 2))
                _, errors = sampling.communicate()
            log(errors.decode().strip())
        report = shlex.split(f"{perf} report -i {data} --stdio --sort dso --percent-limit 0.5")
        by_object = subprocess.run(report, capture_output=True, text=True, check=True).stdout
        return [
            Table(
                "Processor time by shared object, at the maximum rate",
                ["", "share"],
                [[name, f"{share} %"] for share, name in SHARED_OBJECT.findall(by_object)],
            ),
            by_module(stacks.read_text(encoding="utf-8").splitlines()),
        ]


def by_module(stacks: Iterable[str]) -> Table:
    """Return the share of samples by the innermost module of the service.

    Each line is `frame;frame;frame count`, the innermost frame last. A call of a library counts for
    the module that makes it; samples that wait are left out.
    """
    counts: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = [match for each in stack.split(";") if (match := FRAME.match(each))]
        if frames and not frames[-1]["function"].startswith(WAITING):
            counts[_module(match["file"] for match in reversed(frames))] += int(count)
    total = counts.total() or 1
    rows = [[name, f"{count / total:.1%}"] for name, count in counts.most_common(ROWS)]
    return Table("Samples by module, at the maximum rate", ["module", "share"], rows)


def _module(files: Iterable[str]) -> str:
    for file in files:
        inside = file.removeprefix(f"{ROOT}/")
        if inside.startswith(("paycli/", "server/")):
            return inside
        if "/falcon/" in f"/{file}":
            return "falcon"
    return "other libraries"
