"""What the transport uses of waitress beyond its documentation: an upgrade fails here first."""

import inspect
from collections.abc import Callable

import pytest
from waitress import buffers, parser, receiver, server, task, utilities, wasyncore

from harness.tools import ROOT

SIGNATURES: dict[Callable[..., object], str] = {
    wasyncore.dispatcher.__init__: "(self, sock=None, map=None)",
    wasyncore.dispatcher.add_channel: "(self, map=None)",
    wasyncore.dispatcher.del_channel: "(self, map=None)",
    wasyncore.dispatcher.recv: "(self, buffer_size)",
    wasyncore.dispatcher.send: "(self, data, do_close=True)",
    wasyncore.dispatcher.close: "(self)",
    wasyncore.dispatcher.handle_read_event: "(self)",
    wasyncore.dispatcher.handle_write_event: "(self)",
    task.Task.__init__: "(self, channel, request)",
    task.Task.start: "(self)",
    task.WSGITask.get_environment: "(self)",
    server.BaseWSGIServer.__init__: (
        "(self, application, map=None, _start=True, _sock=None, dispatcher=None, adj=None, "
        "sockinfo=None, bind_socket=True, **kw)"
    ),
    server.BaseWSGIServer.handle_accept: "(self)",
    parser.HTTPRequestParser.__init__: "(self, adj)",
    parser.HTTPRequestParser.received: "(self, data)",
    parser.HTTPRequestParser.parse_header: "(self, header_plus)",
    parser.HTTPRequestParser.close: "(self)",
    receiver.FixedStreamReceiver.__init__: "(self, cl, buf)",
    buffers.OverflowableBuffer.__init__: "(self, overflow)",
    utilities.build_http_date: "(when)",
}
"""Functions that are called or overridden, with their signatures."""

ATTRIBUTES: dict[Callable[..., object], tuple[str, ...]] = {
    wasyncore.dispatcher.add_channel: ("_fileno",),
    wasyncore.dispatcher.close: ("connected", "socket"),
    server.BaseWSGIServer.__init__: ("active_channels", "application", "trigger"),
    server.BaseWSGIServer.handle_accept: ("channel_class", "self._map"),
    task.Task.__init__: ("version", "channel", "request"),
    task.Task.start: ("start_time",),
    task.WSGITask.get_environment: ("check_client_disconnected", "channel.addr"),
    parser.HTTPRequestParser.received: ("body_bytes_received", "body_rcv", "headers_finished"),
    parser.HTTPRequestParser.__init__: ("adj",),
    parser.HTTPRequestParser.close: ("body_rcv",),
}
"""Attributes that are read or set, by a function of waitress in whose source they stand."""


def changes(signatures: dict[Callable[..., object], str]) -> list[str]:
    """Return the functions whose signature differs."""
    return [f.__qualname__ for f, known in signatures.items() if str(inspect.signature(f)) != known]


def missing(attributes: dict[Callable[..., object], tuple[str, ...]]) -> list[str]:
    """Return the attributes that do not stand in their function's source."""
    return [
        f"{function.__qualname__}: {name}"
        for function, names in attributes.items()
        for name in names
        if name not in inspect.getsource(function)
    ]


def test_waitress_has_the_names_that_are_used() -> None:
    """Each undocumented function has its known signature, and each attribute is still there."""
    assert changes(SIGNATURES) == []
    assert missing(ATTRIBUTES) == []


def test_the_version_is_pinned() -> None:
    """A minor release of waitress, which may change these names, is not installed by itself."""
    assert '"waitress>=3.0.2,<3.1"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("wrong", ["(self)", "(self, socket=None, map=None)"])
def test_a_changed_signature_is_found(wrong: str) -> None:
    """The control: a signature with another parameter, and a name that is gone, are found."""
    assert changes({wasyncore.dispatcher.__init__: wrong}) == ["dispatcher.__init__"]
    assert missing({wasyncore.dispatcher.__init__: ("gone",)}) == ["dispatcher.__init__: gone"]
