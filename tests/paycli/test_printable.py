"""Text from outside is safe on a terminal and in a shell."""

import json
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.printable import printable, printable_json, shell_word

ANY_TEXT = st.text(st.characters())
"""Any code points, lone surrogates among them."""

# ESC; CSI as one character; the separators that end a line in some programs; overrides and isolates
# that reorder text; a character that is not shown; a lone surrogate; a tag beyond the BMP.
DANGEROUS = {
    "\x1b": r"\x1b",
    "\x9b": r"\x9b",
    "\x7f": r"\x7f",
    "\x85": r"\x85",
    "\r": r"\r",
    "\n": r"\n",
    "\t": r"\t",
    "\u2028": r"\u2028",
    "\u2029": r"\u2029",
    "\u202e": r"\u202e",
    "\u2066": r"\u2066",
    "\u200f": r"\u200f",
    "\ufeff": r"\ufeff",
    "\ud800": r"\ud800",
    "\U000e0041": r"\U000e0041",
}


@pytest.mark.parametrize(("character", "escaped"), DANGEROUS.items(), ids=DANGEROUS.values())
def test_a_dangerous_character_is_escaped(character: str, escaped: str) -> None:
    """It is shown as its escape, and everything else as it is."""
    assert printable(f"é{character}€") == f"é{escaped}€"


@given(ANY_TEXT)
def test_any_text_becomes_printable(text: str) -> None:
    """The result has only printable characters; a text of such characters is unchanged."""
    assert printable(text).isprintable()
    assert printable(printable(text)) == printable(text)
    assert not text.isprintable() or printable(text) == text


@given(st.recursive(ANY_TEXT, lambda inner: st.dictionaries(ANY_TEXT, inner)))
def test_any_json_becomes_printable_and_stays_the_same(value: object) -> None:
    """It has only printable characters and line breaks, and means the same."""
    document = printable_json(json.dumps(value, indent=2, ensure_ascii=False))
    assert document.replace("\n", "").isprintable()
    assert json.loads(document) == value


@given(ANY_TEXT)
def test_any_text_is_one_word_of_the_shell(text: str) -> None:
    """A shell reads back exactly the printable text, as one word."""
    assert shell_word(text).isprintable()
    assert shlex.split(shell_word(text)) == [printable(text)]
