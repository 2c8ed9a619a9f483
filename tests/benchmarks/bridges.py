"""How fast programs are that stand between stdio and an MCP server on the web.

`python -m tests.benchmarks.bridges` prints the table; `test_bridge.py` holds the ratios to their limits.
"""
