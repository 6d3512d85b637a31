"""One Kafka process with a directory of its own: formatted, started, suspended, killed, wiped."""

import base64
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from .jvm import QUICK_START, java
from .polling import wait_until
from .processes import Process
from .tools import kafka_libs

CLUSTER_ID = "cGF5Y2xpLXRlc3RzLWthZg"
BOOTSTRAP_CHECKPOINT = "bootstrap.checkpoint"
STOP_TIMEOUT_SECONDS = 30.0


class KafkaNode:
    """A broker that is a controller too.

    Its records are stored in `data`, the metadata of the cluster next to it.

    Args:
        directory: Its directory, which must exist.
        settings: Its settings by Kafka's names, except its data directories: `node.id`, and the
            controllers as `controller.quorum.voters`, which formatting does not depend on.
        java_options: Options of its JVM.
    """

    def __init__(
        self, directory: Path, settings: Mapping[str, str], java_options: Sequence[str]
    ) -> None:
        self._libs = kafka_libs()
        self._directory = directory
        self._java_options = java_options
        self._process: Process | None = None
        self.data = directory / "data"
        self._metadata = directory / "metadata"
        self._id = settings["node.id"]
        directories = {"log.dirs": str(self.data), "metadata.log.dir": str(self._metadata)}
        lines = [f"{name}={value}\n" for name, value in {**directories, **settings}.items()]
        (directory / "server.properties").write_text("".join(lines))

    @property
    def process(self) -> Process:
        """Its process, running or exited."""
        if self._process is None:
            raise RuntimeError("the broker was never started")
        return self._process

    def format(self) -> None:
        """Format its directories, except those that are formatted already."""
        for directory in (self.data, self._metadata):
            directory.mkdir(exist_ok=True)
            properties = directory / "meta.properties"
            if not properties.exists():
                shutil.copy(_bootstrap_checkpoint(self._libs), directory / BOOTSTRAP_CHECKPOINT)
                identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
                properties.write_text(
                    f"version=1\ncluster.id={CLUSTER_ID}\nnode.id={self._id}\n"
                    f"directory.id={identity}\n"
                )

    def start(self) -> None:
        """Start its process, first or again, without waiting until it responds."""
        self._process = Process(
            [*_java(self._libs, self._java_options), "kafka.Kafka", "server.properties"],
            name="kafka",
            directory=self._directory,
        )

    def stop(self) -> None:
        """Shut it down cleanly; its data stay."""
        self.resume()
        self.process.stop(STOP_TIMEOUT_SECONDS)

    def kill(self) -> None:
        """Kill it with SIGKILL, as a crash would; its data stay."""
        self.process.kill()

    def discard(self) -> None:
        """Kill it if it was ever started."""
        if self._process is not None:
            self._process.kill()

    def pause(self) -> None:
        """Suspend it (SIGSTOP) and return when no thread of it runs; connections stay open."""
        self.process.signal(signal.SIGSTOP)
        tasks = Path(f"/proc/{self.process.pid}/task")
        wait_until(
            lambda: all(_is_stopped(task / "stat") for task in tasks.iterdir()),
            STOP_TIMEOUT_SECONDS,
            "the Kafka broker is suspended",
        )

    def resume(self) -> None:
        """Resume a suspended broker."""
        self.process.signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Delete all records of an exited broker, as a replaced disk would; it can start again."""
        if self.process.exit_code() is None:
            raise RuntimeError("only the directory of an exited broker can be wiped")
        for path in self.data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.format()


def _java(libs: Path, options: Sequence[str]) -> list[str]:
    return java(libs, [*options, "-Dorg.apache.logging.log4j.level=WARN"])


def _bootstrap_checkpoint(libs: Path) -> Path:
    """Return the file with Kafka's features, which its storage tool writes once for all nodes."""
    cached = libs.parent / BOOTSTRAP_CHECKPOINT
    if cached.exists():
        return cached
    with tempfile.TemporaryDirectory(prefix="paycli-kafka-format-") as name:
        directory = Path(name)
        settings = {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": "1@127.0.0.1:9093",
            "controller.listener.names": "CONTROLLER",
            "listeners": "PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093",
            "log.dirs": str(directory / "data"),
        }
        lines = [f"{key}={value}\n" for key, value in settings.items()]
        (directory / "server.properties").write_text("".join(lines))
        tool = [*_java(libs, QUICK_START), "kafka.tools.StorageTool", "format"]
        usual = ["--cluster-id", CLUSTER_ID, "--config", "server.properties"]
        completed = subprocess.run(
            [*tool, *usual], cwd=directory, capture_output=True, text=True, check=False
        )
        if completed.returncode:
            raise RuntimeError(
                f"cannot format Kafka's data directory: {completed.stdout}{completed.stderr}"
            )
        # Another process may do the same.
        part = cached.with_suffix(f".{os.getpid()}")
        shutil.copy(directory / "data" / BOOTSTRAP_CHECKPOINT, part)
        part.rename(cached)
    return cached


def _is_stopped(stat: Path) -> bool:
    # The state follows the command's name in parentheses (proc_pid_stat(5)).
    return stat.read_text().rpartition(")")[2].split()[0] == "T"
