"""The MCP tools: plain typed functions against PostHog's API, one toolset per file. No SDK is imported here."""

from __future__ import annotations

from types import ModuleType

from posthog_wizard.tools import (
    api,
    dashboards,
    docs,
    error_tracking,
    events,
    experiments,
    flags,
    insights,
    llm_analytics,
    surveys,
    workspaces,
)
from posthog_wizard.tools.tool import Tool


def _tools_of(toolset: ModuleType) -> tuple[Tool, ...]:
    """The decorated functions of a toolset's file, by their names."""
    found = (value for value in vars(toolset).values() if isinstance(value, Tool))
    return tuple(sorted(found, key=lambda tool: tool.name))


_FILES = (api, dashboards, docs, error_tracking, events, experiments, flags, insights, llm_analytics, surveys,
          workspaces)  # fmt: skip
TOOLSETS = {file.__name__.rpartition(".")[2]: _tools_of(file) for file in _FILES}
TOOLS: tuple[Tool, ...] = tuple(tool for tools in TOOLSETS.values() for tool in tools)
