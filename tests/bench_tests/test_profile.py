"""`scripts/bench profile` attributes samples to the module that causes the work."""

from bench.profile import SHARED_OBJECT, by_module
from harness.tools import ROOT

STACKS = f"""\
<module> (a.py:3);_handle ({ROOT}/server/http/server.py:10);loads (json/__init__.py:9) 6
main (paycli/__main__.py:3);__call__ (.venv/lib/site-packages/falcon/app.py:7) 2
main (paycli/__main__.py:3);route (x/falcon/a.py:7);dump (server/logs.py:7);to_json (core.py:1) 1
_run (threading.py:1);poll (kafka.py:2) 1
_run (threading.py:1);wait (threading.py:2) 90
"""
PERF = """\
# Overhead  Shared Object
# ........  .............
#
    60.50%  python3.11
     3.25%  librdkafka-2cf1f5.so.1
"""


def test_a_library_counts_for_the_module_that_calls_it() -> None:
    """The innermost module of the service or of Falcon counts; waiting does not."""
    assert by_module(STACKS.splitlines()).rows == [
        ["server/http/server.py", "66.7%"],
        ["falcon", "22.2%"],
        ["server/logs.py", "11.1%"],
    ]


def test_shares_of_shared_objects_are_read() -> None:
    """Each line of perf's report that is no comment has a share and a name."""
    assert SHARED_OBJECT.findall(PERF) == [
        ("60.50", "python3.11"),
        ("3.25", "librdkafka-2cf1f5.so.1"),
    ]
