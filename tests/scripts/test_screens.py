"""The guide's pictures load nothing from elsewhere and show no secret and no machine's path."""

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.tools import ROOT

GUIDE = ROOT / "paycli/cli/README.md"
SCREENS = sorted((ROOT / "scripts/screens").glob("*.svg"))
KNOWN_HOSTS = ("http://www.w3.org/2000/svg", "http://127.0.0.1:", "https://pay.example.com/")
UNWANTED = (
    r"@font-face|@import|<image|<script|href",
    r"(sk|rk|whsec|pi_\w+_secret)_\w{8}",
    r"/(tmp|root|home)/",
)


def wrong(svg: str) -> list[str]:
    """What a picture must not have."""
    addresses = re.findall(r"https?://[^\s\"<&)]+", svg)
    found = [it for it in addresses if not it.startswith(KNOWN_HOSTS)]
    return found + [it for it in UNWANTED if re.search(it, svg)]


@pytest.mark.parametrize("screen", SCREENS, ids=lambda it: it.stem)
def test_a_picture_stands_alone(screen: Path) -> None:
    """It is well-formed, the guide shows it, and it has nothing that it must not have."""
    svg = screen.read_text(encoding="utf-8")
    ET.fromstring(svg)
    assert f"](../../scripts/screens/{screen.name})" in GUIDE.read_text(encoding="utf-8")
    assert wrong(svg) == []
    assert "paycli" in svg


@pytest.mark.parametrize(
    "planted",
    ["@font-face", 'url("https://cdn.example/f.woff2")', "sk_test_51abcdefgh", "/home/me/pay"],
)
def test_what_a_picture_must_not_have_is_noticed(planted: str) -> None:
    """The control: a font, an address, a key and a path are each found."""
    assert len(SCREENS) == 4
    assert wrong(SCREENS[0].read_text(encoding="utf-8") + planted)
