"""`scripts/mutants` mutates existing code, and ignores only what does no harm."""

import tomllib
from types import ModuleType

import pytest

from harness.tools import ROOT

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutmut"]


@pytest.fixture(scope="module")
def mutants() -> ModuleType:
    """The module of the script."""
    module = ModuleType("mutants")
    source = (ROOT / "scripts" / "mutants.py").read_text()
    exec(compile(source, "scripts/mutants.py", "exec"), module.__dict__)
    return module


def test_code_and_tests_exist() -> None:
    """A renamed file would be left out of the run without a word."""
    for pattern in (*CONFIG["only_mutate"], *CONFIG["pytest_add_cli_args_test_selection"]):
        assert list(ROOT.glob(pattern)), pattern


DIFF = """--- paycli/x.py
+++ paycli/x.py
@@ -1,3 +1,3 @@
 unchanged
-    {old}
+    {new}
"""


@pytest.mark.parametrize(
    ("old", "new", "sentence", "equivalent"),
    [
        ('raise X("there is none")', 'raise X("THERE IS NONE")', True, False),
        ('"write {a}, or "', '"XXwrite {a}, or XX"', True, False),
        ('raise X("there is none")', "raise X(None)", False, False),
        ('status == "succeeded"', 'status == "SUCCEEDED"', False, False),
        ('x("a b", 1)', 'x("A B", 2)', False, False),
        ("fee > amount", "fee >= amount", False, False),
        ('info.data.get("tokens", ())', 'info.data.get("tokens", )', False, True),
        ('hmac.digest(a, b, "sha256").hex()', 'hmac.digest(a, b, "SHA256").hex()', False, True),
        ('hmac.digest(a, b, "sha256").hex()', 'hmac.digest(a, a, "sha256").hex()', False, False),
    ],
)
def test_only_sentences_and_known_equivalents_are_ignored(
    mutants: ModuleType, old: str, new: str, *, sentence: bool, equivalent: bool
) -> None:
    """A changed condition, value or name is reported."""
    diff = DIFF.format(old=old, new=new)
    assert mutants.changed_lines(diff) == ([old], [new])
    assert mutants.changes_only_a_sentence(diff) == sentence
    assert mutants.is_equivalent(diff) == equivalent
