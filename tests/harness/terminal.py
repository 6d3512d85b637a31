"""Commands on a terminal of a fixed width, for the output that a user sees on a screen."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path


def run_in_terminal(
    command: Sequence[str], columns: int, environment: Mapping[str, str]
) -> tuple[int, list[str]]:
    """Run a command on a terminal of `columns`; return its exit code and the lines it wrote."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        command, env=environment, stdin=terminal, stdout=terminal, stderr=terminal, close_fds=True
    )
    os.close(terminal)
    output = b""
    while True:
        try:
            part = os.read(controller, 65_536)
        except OSError:  # Linux reports EIO once no process has the terminal open
            break
        if not part:
            break
        output += part
    os.close(controller)
    return process.wait(), output.decode().replace("\r\n", "\n").splitlines()


def answer_in_terminal(
    command: Sequence[str], answer: str, environment: Mapping[str, str], folder: Path
) -> tuple[int, str, str]:
    """Run a command that asks a question; return its exit code, standard output and the screen.

    Standard input and error are a terminal, and standard output a pipe, as in `command | jq`. The
    question ends with `: `.
    """
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=terminal,
        text=True,
    )
    os.close(terminal)
    screen = b""
    try:
        while not screen.endswith(b": "):
            screen += os.read(controller, 65_536)
        os.write(controller, f"{answer}\n".encode())
        while part := os.read(controller, 65_536):
            screen += part
    except OSError:  # Linux reports EIO once no process has the terminal open
        pass
    os.close(controller)
    output, _ = process.communicate(timeout=10)
    return process.returncode, output, screen.decode().replace("\r\n", "\n")
