"""A real Prometheus, quick to scrape and to judge."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from .polling import wait_until
from .ports import free_port
from .processes import Process

START_TIMEOUT_SECONDS = 30.0
INTERVAL = "200ms"


class Prometheus:
    """Scrapes daemons as the job `paycli`, and judges rules, while the context lasts.

    In: the daemons' addresses, host:port, and the path of a rule file.
    """

    def __init__(self, targets: Sequence[str], rules: Path) -> None:
        self._url = f"http://127.0.0.1:{free_port()}"
        self._directory = tempfile.TemporaryDirectory(prefix="paycli-prometheus-")
        self._config = {
            "global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL},
            "rule_files": [str(rules)],
            "scrape_configs": [
                {"job_name": "paycli", "static_configs": [{"targets": list(targets)}]}
            ],
        }

    def __enter__(self) -> Self:
        home = Path(self._directory.name)
        (home / "prometheus.yaml").write_text(yaml.safe_dump(self._config))
        address = self._url.removeprefix("http://")
        self._process = Process(
            [
                "prometheus",
                "--config.file=prometheus.yaml",
                "--storage.tsdb.path=data",
                f"--web.listen-address={address}",
            ],
            name="prometheus",
            directory=home,
        )
        wait_until(self._answers, START_TIMEOUT_SECONDS, "Prometheus answers")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._directory.cleanup()

    def query(self, expression: str) -> list[Any]:
        """Return the series that an expression has now; a wrong one is an `HTTPError`."""
        found: list[Any] = self._get("query", query=expression)["result"]
        return found

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        alerts = self._get("alerts")["alerts"]
        return {it["labels"]["alertname"] for it in alerts if it["state"] == "firing"}

    def _answers(self) -> bool:
        self._process.check_running()
        try:
            return bool(self.query("up"))
        except OSError:
            return False

    def _get(self, what: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        url = f"{self._url}/api/v1/{what}?{urlencode(query)}"
        with urlopen(url, timeout=10) as answer:
            return json.load(answer)["data"]
