"""`posthog-wizard mcp bridge`: stdio to the hosted server, for clients that speak only stdio."""

from __future__ import annotations

from typing import Any

from posthog_wizard.cli.flags import signature_of
from posthog_wizard.invocation import Invocation


def command(**given: Any) -> int:
    """Forward between stdin and stdout and an MCP server on the web, PostHog's if no other is named.

    An AI client starts this; `posthog-wizard mcp add` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp bridge

    posthog-wizard mcp bridge --read-only --features dashboards,insights
    """
    from posthog_wizard.cli.bridge_settings import start_bridge

    return start_bridge(Invocation("bridge", **given))


vars(command).update(__signature__=signature_of("bridge"))  # which typer reads
