"""Output that cannot be written is an error in one line, never a traceback."""

import os
import subprocess

import pytest

from harness.command_line import PAYCLI

FULL = "error: the output can't be written: No space left on device\n"
CLOSED = "error: the output can't be written: Bad file descriptor\n"
RUN = 'redirect=$1; shift; eval "exec $redirect"; exec "$@"'


@pytest.mark.parametrize(
    ("redirect", "command", "code", "message"),
    [
        (">/dev/full", "docs --file -", 1, FULL),
        (">/dev/full", "config show", 1, FULL),  # fits the buffer: only flushing it fails
        (">/dev/full", "config show -o json", 1, FULL),
        (">/dev/full", "--version", 1, FULL),
        (">/dev/full", "endpoint --help", 1, FULL),
        (">&-", "openapi", 1, CLOSED),
        (">/dev/full 2>&1", "--version", 1, ""),
        ("2>&-", "config show", 0, ""),
        (">/dev/null", "docs --file -", 0, ""),
    ],
)
def test_unwritable_output_is_one_line(
    redirect: str, command: str, code: int, message: str
) -> None:
    """A full disk and a closed output have exit code 1; the controls succeed."""
    done = subprocess.run(
        ["sh", "-c", RUN, "sh", redirect, *PAYCLI, *command.split()],
        env={"PATH": os.environ["PATH"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, message)


def test_a_reader_that_has_exited_is_no_error() -> None:
    """After a broken pipe the exit code is 1, without a message."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*PAYCLI, "config", "show"],
        env={"PATH": os.environ["PATH"]},
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")
