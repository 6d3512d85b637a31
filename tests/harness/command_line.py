"""The command line as operators run it: a process with only the settings that are passed."""

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
    """Run `paycli` in a folder and return the completed process, whatever its exit code.

    Args:
        folder: The working directory.
        arguments: Arguments after `paycli`.
        settings: The environment beyond PATH.
        stdin: The standard input.
        timeout_seconds: After that, `subprocess.TimeoutExpired` is raised.
    """
    completed = subprocess.run(
        [*PAYCLI, *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **settings},
        input=stdin,
        capture_output=True,
        timeout=timeout_seconds,
        check=False,
    )
    out, err = completed.stdout.decode(), completed.stderr.decode()
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(completed.args, completed.returncode, out, err)
