"""The judge: who answers 2xx without the record, whole, on the topic is not compared any more."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from harness.kafka_records import ConsumedRecord

from . import webhook

SHOWN = 3


@dataclass(frozen=True)
class Verdict:
    """What was answered with 2xx, by name, and is not on the topic, or not as it must be."""

    accepted: int
    lost: tuple[str, ...]
    wrong: tuple[str, ...]

    @property
    def reason(self) -> str | None:
        """Why the contestant is disqualified; None if it is not."""
        told = []
        if self.lost:
            told.append(f"{len(self.lost)} of {self.accepted} answered 2xx without a record")
        if self.wrong:
            shown = ", ".join(self.wrong[:SHOWN])
            told.append(f"{len(self.wrong)} records are not as they must be ({shown})")
        return "; ".join(told) or None


def judge(accepted: Collection[str], records: Iterable[ConsumedRecord]) -> Verdict:
    """Compare what was answered with 2xx with all that is on the topic since it was sent."""
    waiting, wrong = set(accepted), []
    for record in records:
        name = (record.header("ce_id") or "").removeprefix("evt_")
        if name not in waiting:
            continue
        waiting.discard(name)
        if not _as_expected(record, name):
            wrong.append(name)
    return Verdict(len(accepted), tuple(sorted(waiting)), tuple(sorted(wrong)))


def _as_expected(record: ConsumedRecord, name: str) -> bool:
    expected = webhook.expected(name)
    headers = {key: (value or b"").decode() for key, value in record.headers}
    headers.pop("traceparent", None)
    try:
        told = json.loads(record.value or b"")
        compared = {field: told[field] for field in expected.told}
    except (ValueError, LookupError, TypeError):
        return False
    return (
        record.key == expected.key.encode()
        and headers == expected.headers
        and compared == expected.told
    )
