"""The MCP servers that are installed in a PostHog project."""
