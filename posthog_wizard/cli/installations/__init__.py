"""The MCP servers that are installed in a PostHog project."""

from typing import ClassVar

from posthog_wizard.cli.app import LazyGroup


class _InstallationCommands(LazyGroup):
    """`posthog-wizard mcp installations ...`."""

    modules: ClassVar = {
        name: f"installations.{name}" for name in ("list", "show", "add", "update", "remove", "authorize")
    }


COMMANDS = _InstallationCommands
