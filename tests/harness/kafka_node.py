"""One Kafka process in a folder of its own: set up, started, frozen, killed, wiped."""

import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .polling import wait_until
from .processes import Process
from .tools import kafka_libs

CLUSTER_ID = "cGF5Y2xpLXRlc3RzLWthZg"
STOP_TIMEOUT_SECONDS = 30.0
QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")


class KafkaNode:
    """A broker that is a controller too.

    In: its folder; its settings by Kafka's names, without those of its folders; options of its
    JVM. Records are kept in `data`, the cluster's metadata apart from them in `metadata`.
    """

    def __init__(self, directory: Path, settings: Mapping[str, str], java: Sequence[str]) -> None:
        self._libs = kafka_libs()
        self._directory = directory
        self._java_options = java
        self._process: Process | None = None
        self.data = directory / "data"
        folders = {"log.dirs": str(self.data), "metadata.log.dir": str(directory / "metadata")}
        lines = [f"{name}={value}\n" for name, value in {**folders, **settings}.items()]
        (directory / "server.properties").write_text("".join(lines))

    @property
    def process(self) -> Process:
        """Its process, running or ended."""
        if self._process is None:
            raise RuntimeError("the broker was never started")
        return self._process

    def format(self, *arguments: str) -> None:
        """Prepare its folders, with arguments of Kafka's storage tool beyond the usual."""
        tool = [*self._java(QUICK_START), "kafka.tools.StorageTool", "format"]
        usual = ["--cluster-id", CLUSTER_ID, "--config", "server.properties"]
        done = subprocess.run(
            [*tool, *usual, *arguments],
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"Kafka's data folder: {done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start its process, first or again; it answers some seconds later."""
        self._process = Process(
            [*self._java(self._java_options), "kafka.Kafka", "server.properties"],
            name="kafka",
            directory=self._directory,
        )

    def stop(self) -> None:
        """End it in an orderly way; its data stay."""
        self.resume()
        self.process.stop(STOP_TIMEOUT_SECONDS)

    def kill(self) -> None:
        """End it with SIGKILL, as a crash would; its data stay."""
        self.process.kill()

    def discard(self) -> None:
        """End it with SIGKILL if it was ever started."""
        if self._process is not None:
            self._process.kill()

    def pause(self) -> None:
        """Freeze it (SIGSTOP): connections stay open and, from the return on, nothing answers."""
        self.process.signal(signal.SIGSTOP)
        tasks = Path(f"/proc/{self.process.pid}/task")
        wait_until(
            lambda: all(_is_stopped(task / "stat") for task in tasks.iterdir()),
            STOP_TIMEOUT_SECONDS,
            "Kafka broker is frozen",
        )

    def resume(self) -> None:
        """Let a frozen broker go on."""
        self.process.signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Take all records from an ended broker, as a replaced disk would; it can start again."""
        if self.process.exit_code() is None:
            raise RuntimeError("only the folder of an ended broker can be wiped")
        for inside in self.data.iterdir():
            shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        self.format("--ignore-formatted")

    def _java(self, options: Sequence[str]) -> list[str]:
        level = "-Dorg.apache.logging.log4j.level=WARN"
        return ["java", *options, level, "-cp", f"{self._libs}/*"]


def _is_stopped(stat: Path) -> bool:
    # The state follows the command's name in parentheses (proc_pid_stat(5)).
    return stat.read_text().rpartition(")")[2].split()[0] == "T"
