"""PostHog's MCP server in the AI clients of this machine."""

from posthog_wizard.cli.app import McpCommands

COMMANDS = McpCommands
