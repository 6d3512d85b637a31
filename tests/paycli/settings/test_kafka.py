"""The topics."""

import pytest

from harness.settings_sources import REQUIRED, IsolatedSources
from paycli.settings import KafkaSettings


@pytest.mark.parametrize("topic", ["a" * 239, "a/b", "zahlungen.ä", "a\n", "a,b"])
def test_topics_are_valid_for_kafka_including_their_suffix(
    sources: IsolatedSources, topic: str
) -> None:
    """Kafka allows 249 letters, digits, `.`, `_` and `-`, of which `.unreadable` takes 11."""
    sources.environ |= {**REQUIRED, "PAYCLI_KAFKA_TOPIC": topic}
    assert sources.problems(KafkaSettings).keys() == {"PAYCLI_KAFKA_TOPIC"}
    sources.environ["PAYCLI_KAFKA_TOPIC"] = "a" * 238
    assert len(sources.read(KafkaSettings).unreadable_topic) == 249
