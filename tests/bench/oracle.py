"""The test oracle: a contestant that responds with 2xx without a correct record is disqualified."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from harness.kafka_records import ConsumedRecord

from . import webhook

SHOWN = 3


@dataclass(frozen=True)
class Verdict:
    """The names with a 2xx response whose record is missing or wrong."""

    accepted: int
    lost: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def problem(self) -> str | None:
        """Why the contestant is disqualified; None if it is not."""
        problems = []
        if self.lost:
            problems.append(f"{len(self.lost)} of {self.accepted} 2xx responses without a record")
        if self.wrong:
            names = ", ".join(self.wrong[:SHOWN])
            problems.append(f"{len(self.wrong)} records are wrong ({names})")
        return "; ".join(problems) or None


def check(accepted: Collection[str], records: Iterable[ConsumedRecord]) -> Verdict:
    """Compare the names with a 2xx response to the records written since they were sent."""
    missing, wrong = set(accepted), []
    for record in records:
        name = (record.header("ce_id") or "").removeprefix("evt_")
        if name not in missing:
            continue
        missing.discard(name)
        if not _is_correct(record, name):
            wrong.append(name)
    return Verdict(len(accepted), tuple(sorted(missing)), tuple(sorted(wrong)))


def _is_correct(record: ConsumedRecord, name: str) -> bool:
    expected = webhook.expected(name)
    headers = {key: (value or b"").decode() for key, value in record.headers}
    headers.pop("traceparent", None)
    try:
        data = json.loads(record.value or b"")
        compared = {field: data[field] for field in expected.data}
    except (ValueError, LookupError, TypeError):
        return False
    return (
        record.key == expected.key.encode()
        and headers == expected.headers
        and compared == expected.data
    )
