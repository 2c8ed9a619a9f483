"""stdio to a streamable-HTTP MCP server, for clients that only start programs."""
