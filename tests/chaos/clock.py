"""The wall clock of a running process, shifted by libfaketime (Debian package `faketime`)."""

from pathlib import Path

LIBRARIES = (
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/usr/lib/faketime").glob("libfaketimeMT.so.1"),
)
SITECUSTOMIZE = Path(__file__).parent / "moved_clock"
MISSING = "libfaketime is missing, so no clock can be shifted; on Debian: apt install faketime"


class Clock:
    """The wall clock of processes that are started with `environment`, right at first.

    Their monotonic clock is never shifted.
    """

    def __init__(self, directory: Path) -> None:
        """Take a directory for the file that has the offset."""
        self._file = directory / "clock"
        self.environment = {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Otherwise each timed wait for the interpreter lock fails at once and reads the file:
            # a daemon needed three times the processor time to start, and 20 s under load.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "FAKETIME_NO_CACHE": "1",
            "PYTHONPATH": str(SITECUSTOMIZE),
        }
        self.move(0)

    def move(self, seconds: int) -> None:
        """Set the offset from the true time in seconds, ahead if positive."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self._file)


def available() -> bool:
    """Return whether clocks can be shifted on this machine."""
    return bool(LIBRARIES)
