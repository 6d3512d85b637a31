"""A real Prometheus that scrapes and evaluates rules several times a second."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import yaml

from .ports import free_port
from .processes import Program
from .tools import installed

START_TIMEOUT_SECONDS = 30.0
INTERVAL = "200ms"
CONFIG_FILE = "prometheus.yaml"


class Prometheus(Program):
    """Scrapes daemons as the job `paycli` and evaluates rules while the context lasts.

    Args:
        targets: The daemons' addresses, host:port.
        rules: The path of a rule file.
    """

    def __init__(self, targets: Sequence[str], rules: Path) -> None:
        address = f"127.0.0.1:{free_port()}"
        self._url = f"http://{address}"
        self._config = {
            "global": {"scrape_interval": INTERVAL, "evaluation_interval": INTERVAL},
            "rule_files": [str(rules)],
            "scrape_configs": [
                {"job_name": "paycli", "static_configs": [{"targets": list(targets)}]}
            ],
        }
        storage = "--storage.tsdb.path=data"
        listen = f"--web.listen-address={address}"
        super().__init__(
            [installed("prometheus"), f"--config.file={CONFIG_FILE}", storage, listen],
            name="prometheus",
            start_timeout_seconds=START_TIMEOUT_SECONDS,
        )

    def start(self) -> None:
        """Write the configuration, start Prometheus and return when it has scraped a target."""
        (self.directory / CONFIG_FILE).write_text(yaml.safe_dump(self._config))
        super().start()

    def query(self, expression: str) -> list[Any]:
        """Return the series that a PromQL expression has now; `HTTPError` if it is invalid."""
        series: list[Any] = self._get("query", query=expression)["result"]
        return series

    def firing(self) -> set[str]:
        """Return the names of the firing alerts."""
        alerts = self._get("alerts")["alerts"]
        return {it["labels"]["alertname"] for it in alerts if it["state"] == "firing"}

    def is_ready(self) -> bool:
        """Return whether it has scraped a target."""
        try:
            return bool(self.query("up"))
        except OSError:
            return False

    def _get(self, endpoint: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        url = f"{self._url}/api/v1/{endpoint}?{urlencode(query)}"
        with urlopen(url, timeout=10) as response:
            return json.load(response)["data"]
