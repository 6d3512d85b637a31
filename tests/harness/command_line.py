"""The command line as operators run it: a process with only the settings given."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

PAYCLI = (sys.executable, "-m", "paycli")


def run(
    folder: Path,
    arguments: Sequence[str],
    settings: Mapping[str, str],
    *,
    stdin: bytes = b"",
    timeout_seconds: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end in a folder; `stdin` is its standard input."""
    done = subprocess.run(
        [*PAYCLI, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **settings},
        input=stdin,
        capture_output=True,
        timeout=timeout_seconds,
        check=False,
    )
    code, out, err = done.returncode, done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(done.args, code, out, err)
