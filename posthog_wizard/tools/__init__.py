"""The MCP tools: plain typed functions against PostHog's API, one toolset per file. No SDK is imported here."""

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

_FILES = (api, dashboards, docs, error_tracking, events, experiments, flags, insights, llm_analytics, surveys,
          workspaces)  # fmt: skip
TOOLSETS = {
    file.__name__.rpartition(".")[2]: tuple(
        sorted((value for value in vars(file).values() if isinstance(value, Tool)), key=lambda tool: tool.name)
    )
    for file in _FILES
}
TOOLS: tuple[Tool, ...] = tuple(tool for tools in TOOLSETS.values() for tool in tools)
