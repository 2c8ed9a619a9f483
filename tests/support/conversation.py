"""One scripted conversation with the demonstration server: everything that analytics have an event for."""

from __future__ import annotations

from typing import Any

from tests.support.mcp_process import Program

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("tools/list", {}),
    ("resources/list", {}),
    ("resources/templates/list", {}),
    ("prompts/list", {}),
    ("tools/call", {"name": "add", "arguments": {"a": 1, "b": 2, "context": "Sum up an order.", "llm_model": "m-1"}}),
    ("tools/call", {"name": "fails", "arguments": {"context": "See whether it is there."}}),
    ("tools/call", {"name": "throws", "arguments": {}}),
    ("tools/call", {"name": "nobody-has-this", "arguments": {}}),
    ("tools/call", {"name": "tells", "arguments": {}}),
    ("tools/call", {"name": "get_more_tools", "arguments": {"context": "A tool that subtracts."}}),
    ("resources/read", {"uri": "demo://readme"}),
    ("prompts/get", {"name": "greet", "arguments": {"name": "Ann"}}),
)


def hold(program: Program) -> list[dict[str, Any]]:
    """Go through the conversation and give the answers; the program then ends."""
    program.initialize()
    answers = [program.request(number, method, **params) for number, (method, params) in enumerate(STEPS, 1)]
    program.stdin.close()
    program.ended(20)
    return answers
