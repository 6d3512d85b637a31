"""README.md is short and leads to every other document."""

import pytest

from harness.markdown import documents, links, read, target
from harness.tools import ROOT

MAX_LINES = 220


def reachable(texts: dict[str, str]) -> set[str]:
    """Returns the documents that links lead to from README.md; `texts` has each text by path."""
    found: set[str] = set()
    queue = ["README.md"]
    while queue:
        document = queue.pop()
        if document in found or document not in texts:
            continue
        found.add(document)
        files = [target(document, it)[0] for it in links(texts[document]) if "://" not in it]
        queue += [str(file.relative_to(ROOT)) for file in files if file.is_relative_to(ROOT)]
    return found


TEXTS = {document: read(document) for document in documents()}


def test_the_readme_is_short() -> None:
    """README.md has at most 220 lines."""
    assert len(TEXTS["README.md"].splitlines()) <= MAX_LINES


def test_every_document_is_reachable_from_the_readme() -> None:
    """Following links from README.md leads to every document of the repository."""
    assert TEXTS.keys() - reachable(TEXTS) == set()


@pytest.mark.parametrize("document", sorted(TEXTS.keys() - {"README.md"}))
def test_a_document_without_a_link_to_it_is_reported(document: str) -> None:
    """The control: without the links to its file name a document is not reachable."""
    name = document.rpartition("/")[2]
    without = {path: text.replace(name, "nowhere") for path, text in TEXTS.items()}
    assert document not in reachable(without)
