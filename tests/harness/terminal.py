"""Commands on a terminal of a fixed width, for the output that a user sees on a screen."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence


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
