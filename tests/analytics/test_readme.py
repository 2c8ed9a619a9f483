"""The example of the page on the Python API works when it is pasted."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.support.mcp_process import Program
from tests.support.readme import ROOT
from tests.support.sink import Sink


def test_the_example_works_as_it_is(tmp_path: Path) -> None:
    found = re.search(
        r"<!-- example -->\n```python\n(.*?)```", (ROOT / "docs/python-api.md").read_text(encoding="utf-8"), re.DOTALL
    )
    assert found
    code = found[1]
    with Sink() as sink:
        assert code.count("https://us.i.posthog.com") == 1
        (tmp_path / "example.py").write_text(code.replace("https://us.i.posthog.com", sink.url), encoding="utf-8")
        with Program(home=tmp_path, key=None, command=(sys.executable, str(tmp_path / "example.py"))) as program:
            program.initialize()
            tools = [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]]
            assert program.call(2, "forecast", city="Oslo", context="Plan a walk.") == "Sun in Oslo."
            program.stdin.close()
            program.ended(20)
        assert tools == ["forecast", "get_more_tools"]
        assert sink.names == ["$identify", "$mcp_initialize", "$mcp_tools_list", "$mcp_tool_call"]
        assert {event["distinct_id"] for event in sink.events} == {"user-1"}
        assert set(sink.keys) == {"phc_your_project_key"}
