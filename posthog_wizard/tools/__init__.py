"""The MCP tools: plain typed functions against PostHog's API, one toolset per file. No SDK is imported here."""

from __future__ import annotations

from posthog_wizard.tools import (
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

TOOLSETS = {
    "dashboards": dashboards.TOOLS,
    "docs": docs.TOOLS,
    "error_tracking": error_tracking.TOOLS,
    "events": events.TOOLS,
    "experiments": experiments.TOOLS,
    "flags": flags.TOOLS,
    "insights": insights.TOOLS,
    "llm_analytics": llm_analytics.TOOLS,
    "surveys": surveys.TOOLS,
    "workspaces": workspaces.TOOLS,
}
TOOLS: tuple[Tool, ...] = tuple(tool for tools in TOOLSETS.values() for tool in tools)
