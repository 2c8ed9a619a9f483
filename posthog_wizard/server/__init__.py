"""The MCP server over stdio. The only package that imports the `mcp` SDK, in `sdk_server`."""
