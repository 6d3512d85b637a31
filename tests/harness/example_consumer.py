"""The Python consumers of paycli/events/README.md, as the document has them."""

from typing import Any

from harness.markdown import blocks, read, section, with_mistake

DOCUMENT = "paycli/events/README.md"
MAX_LINES = 30


def validating_consumer() -> Any:  # noqa: ANN401  (the document's function)
    """Returns the generator with Confluent's deserializer, of the section on schema registries."""
    (source,) = blocks(section(read(DOCUMENT), "Schema registries"), "python")
    names: dict[str, Any] = {}
    exec(compile(source, DOCUMENT, "exec"), names)
    return names["validated"]


def consumer(old: str = "", new: str = "") -> dict[str, Any]:
    """Runs the consumer without its endless loop; returns the names that it defines.

    Args:
        old: A part of its source to replace, for controls.
        new: The replacement.
    """
    fold, messages, _ = blocks(section(read(DOCUMENT), "A consumer in Python"), "python")
    assert len([line for line in fold.splitlines() if line]) <= MAX_LINES
    names: dict[str, Any] = {}
    for source in (with_mistake(fold, old, new), messages):
        exec(compile(source, DOCUMENT, "exec"), names)
    return names
