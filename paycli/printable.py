"""Text from outside, made safe for a terminal, a log and a shell.

A terminal obeys control characters (ESC, and the C1 controls that stand for ESC and a letter), and
shows what follows a bidirectional override in another order. `str.isprintable` is false for all of
them, for line and paragraph separators, and for lone surrogates, which cannot be encoded.
"""

import json
import shlex


def printable(text: str, *, keep: str = "") -> str:
    r"""Returns the text with each unprintable character escaped, as `\x1b` or `\u202e`.

    Characters in `keep` are not escaped.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else _escaped(c) for c in text)


def printable_json(document: str) -> str:
    r"""Returns the same JSON with unprintable characters but line breaks escaped, as `\u001b`."""
    if document.isprintable():
        return document
    # Outside of strings JSON has no unprintable characters but line breaks and tabs.
    return "".join(c if c.isprintable() or c in "\n\t" else json.dumps(c)[1:-1] for c in document)


def shell_word(text: str) -> str:
    """Returns the text as one word of a POSIX shell, for a command that a user may copy."""
    return shlex.quote(printable(text))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
