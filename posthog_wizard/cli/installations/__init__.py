"""`mcp installations ...`: flags in, lines out."""
