"""The MCP servers that are installed in a PostHog project."""

from typing import ClassVar

from posthog_wizard.cli.app import LazyGroup


class InstallationCommands(LazyGroup):
    """`posthog-wizard mcp installations ...`."""

    modules: ClassVar = {
        name: f"installations.{name}" for name in ("list", "show", "add", "update", "remove", "authorize")
    }


COMMANDS = InstallationCommands
