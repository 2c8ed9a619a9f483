"""The tracer that CONTRIBUTING names counts what a command touches."""

from __future__ import annotations

from pathlib import Path

from tests.support.trace import traced


def test_the_files_of_a_command(tmp_path: Path) -> None:
    code, trace = traced(["mcp", "list", "--json"], tmp_path)
    assert (code, {"cli/main.py", "cli/list.py"} - set(trace.files)) == (0, set())
    assert [name for name in trace.files if name.startswith(("bridge/", "server/"))] == []
    assert len(trace.calls) > len(trace.files) > 5
    assert 5 < trace.depth < 60
