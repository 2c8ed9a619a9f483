"""`posthog-wizard mcp bridge`: stdio to the hosted server, for clients that speak only stdio."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.bridge.run_settings import LogLevel
from posthog_wizard.cli import shared_options

_RUNNING = "Running"


def command(
    url: Annotated[
        str,
        typer.Option("--url", metavar="URL", help="The server to reach.", rich_help_panel=shared_options.WHERE_PANEL),
    ] = HOSTED_MCP_URL,
    profile: shared_options.ProfileOption = None,
    organization: shared_options.OrganizationOption = None,
    project: shared_options.ProjectOption = None,
    features: shared_options.FeaturesOption = None,
    tools: shared_options.ToolsOption = None,
    read_only: shared_options.ReadOnlyOption = False,
    mode: shared_options.ModeOption = None,
    allow_http: shared_options.AllowHttpOption = False,
    ca_file: shared_options.CaFileOption = None,
    log_file: Annotated[
        Path | None,
        typer.Option(
            "--log-file", metavar="PATH", help="Log there, not on stderr.", rich_help_panel=_RUNNING, show_default=False
        ),
    ] = None,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="What is logged.", rich_help_panel=_RUNNING)
    ] = "warning",
) -> int:
    """Forward between stdin and stdout and an MCP server on the web, PostHog's if no other is named.

    An AI client starts this; `posthog-wizard mcp add` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp bridge

    posthog-wizard mcp bridge --read-only --features dashboards,insights
    """
    from posthog_wizard.cli.bridge_settings import start_bridge

    return start_bridge(
        url=url,
        profile=profile,
        organization=organization,
        project=project,
        features=features,
        tools=tools,
        read_only=read_only,
        mode=mode,
        allow_http=allow_http,
        ca_file=ca_file,
        log_file=log_file,
        log_level=log_level,
    )
