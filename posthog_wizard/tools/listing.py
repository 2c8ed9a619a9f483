"""How the tools are listed: to a client by `tools/list`, to a person by `mcp tools`."""

from typing import Any

from posthog_wizard.tokens import tokens
from posthog_wizard.tools.arguments import schema
from posthog_wizard.tools.tool import Tool


def definition(tool: Tool) -> dict[str, Any]:
    """The tool as `tools/list` has it: https://modelcontextprotocol.io/specification/2025-11-25/server/tools."""
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": schema(tool),
        "annotations": {
            "readOnlyHint": tool.hints.read_only,
            "destructiveHint": tool.hints.destructive,
            "idempotentHint": tool.hints.idempotent,
            "openWorldHint": tool.hints.open_world,
        },
    }


def row(tool: Tool) -> dict[str, Any]:
    """The tool as `mcp tools --json` has it."""
    return {
        "name": tool.name,
        "title": tool.title,
        "toolset": tool.feature,
        "scopes": list(tool.scopes),
        "read_only": tool.hints.read_only,
        "destructive": tool.hints.destructive,
        "tokens": tokens(definition(tool)),
    }


def total(tools: tuple[Tool, ...]) -> int:
    """Tokens of the whole `tools/list` answer."""
    return tokens({"tools": [definition(tool) for tool in tools]})
