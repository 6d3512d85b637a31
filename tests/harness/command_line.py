"""The command line as operators run it: a process with only the settings that are passed.

Most of a command's processor time is importing its modules. So `run` forks each command from a
process that has imported them; `PAYCLI` starts one afresh, for tests of start and termination.
"""

import multiprocessing
import os
import pkgutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from multiprocessing.context import ForkServerContext
from pathlib import Path

import paycli

PAYCLI = (sys.executable, "-m", "paycli")
_PRELOADED = [
    "harness.command_line",
    *(module.name for module in pkgutil.walk_packages(paycli.__path__, "paycli.")),
    "rich.table",
]


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
    with tempfile.TemporaryDirectory(prefix="paycli-command-") as name:
        streams = Path(name)
        for stream in ("stdin", "stdout", "stderr"):
            (streams / stream).write_bytes(stdin if stream == "stdin" else b"")
        environment = {"PATH": os.environ["PATH"], **settings}
        process = _fork_server().Process(
            target=_run, args=(streams, folder, list(arguments), environment)
        )
        process.start()
        process.join(timeout_seconds)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(["paycli", *arguments], timeout_seconds)
        out, err = ((streams / stream).read_text() for stream in ("stdout", "stderr"))
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess([*PAYCLI, *arguments], process.exitcode, out, err)


def _fork_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context


def _run(
    streams: Path, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]
) -> None:
    """Run the command in the forked process, with files as its standard streams."""
    for descriptor, (stream, flags) in enumerate(
        (("stdin", os.O_RDONLY), ("stdout", os.O_WRONLY), ("stderr", os.O_WRONLY))
    ):
        os.dup2(os.open(streams / stream, flags), descriptor)
    # multiprocessing has replaced the one of the interpreter.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115  (open until the process exits)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["paycli", *arguments]
    from paycli.__main__ import main

    main()
