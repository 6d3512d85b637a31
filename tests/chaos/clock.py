"""A process's clock, moved while it runs, by libfaketime (Debian's package `faketime`)."""

from pathlib import Path

LIBRARIES = (
    *Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"),
    *Path("/usr/lib/faketime").glob("libfaketimeMT.so.1"),
)
REPAIR = Path(__file__).parent / "moved_clock"
MISSING = "libfaketime is missing: no clock is moved; on Debian: apt install faketime"


class Clock:
    """The wall clock that a process started with `environment` sees; monotonic time stays true.

    In: a folder for the file that says how far it is off. Right at first.
    """

    def __init__(self, directory: Path) -> None:
        self._file = directory / "clock"
        self.environment = {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            "PYTHONPATH": str(REPAIR),
        }
        self.move(0)

    def move(self, seconds: int) -> None:
        """Set it so many seconds ahead (or, if negative, back) of the true time."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        fresh.replace(self._file)


def available() -> bool:
    """Whether clocks can be moved on this machine."""
    return bool(LIBRARIES)
