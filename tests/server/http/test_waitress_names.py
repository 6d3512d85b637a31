"""What the listener uses of waitress beyond its documentation: an upgrade fails here first."""

import inspect
from collections.abc import Callable

import pytest
from waitress import server, trigger, wasyncore

from harness.tools import ROOT

SIGNATURES: dict[Callable[..., object], str] = {
    server.BaseWSGIServer.__init__: (
        "(self, application, map=None, _start=True, _sock=None, dispatcher=None, adj=None, "
        "sockinfo=None, bind_socket=True, **kw)"
    ),
    server.BaseWSGIServer.handle_accept: "(self)",
    server.BaseWSGIServer.set_socket_options: "(self, conn)",
    wasyncore.dispatcher.accept: "(self)",
    trigger.trigger.close: "(self)",
}
"""Functions that are called or overridden, with their signatures."""

ATTRIBUTES: dict[Callable[..., object], tuple[str, ...]] = {
    server.BaseWSGIServer.__init__: ("self.application = application", "self.trigger"),
    server.BaseWSGIServer.accept_connections: ("self.accepting = True", "self.adj.backlog"),
    server.BaseWSGIServer.handle_accept: (
        "self.accept()",
        "self.channel_class(self, conn, addr, self.adj, map=self._map)",
    ),
    wasyncore.dispatcher.set_socket: ("self.socket = sock",),
}
"""Code that is relied on, by the function of waitress in whose source it stands."""


def changes(signatures: dict[Callable[..., object], str]) -> list[str]:
    """Return the functions whose signature differs."""
    return [f.__qualname__ for f, known in signatures.items() if str(inspect.signature(f)) != known]


def missing(attributes: dict[Callable[..., object], tuple[str, ...]]) -> list[str]:
    """Return the code that does not stand in its function's source."""
    return [
        f"{function.__qualname__}: {code}"
        for function, codes in attributes.items()
        for code in codes
        if code not in inspect.getsource(function)
    ]


def test_waitress_has_the_names_that_are_used() -> None:
    """Each undocumented function has its known signature, and relied-on code is still there."""
    assert changes(SIGNATURES) == []
    assert missing(ATTRIBUTES) == []


def test_only_the_listener_uses_waitress() -> None:
    """No other module imports it."""
    using = [
        path.relative_to(ROOT).as_posix()
        for folder in ("paycli", "server")
        for path in (ROOT / folder).rglob("*.py")
        if "waitress" in {line.split()[1].split(".")[0] for line in imports(path.read_text())}
    ]
    assert using == ["server/http/listener.py"]


def imports(source: str) -> list[str]:
    """Return the lines that import something."""
    return [line for line in source.splitlines() if line.strip().startswith(("import ", "from "))]


def test_the_version_is_pinned() -> None:
    """A minor release of waitress, which may change these names, is not installed by itself."""
    assert '"waitress>=3.0.2,<3.1"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("wrong", ["(self)", "(self, map=None)"])
def test_a_change_is_found(wrong: str) -> None:
    """The control: a signature with another parameter, and code that is gone, are found."""
    assert changes({server.BaseWSGIServer.__init__: wrong}) == ["BaseWSGIServer.__init__"]
    accept = server.BaseWSGIServer.handle_accept
    assert missing({accept: ("gone",)}) == ["BaseWSGIServer.handle_accept: gone"]
