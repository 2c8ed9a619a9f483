"""Kimi Code: `~/.kimi-code/mcp.json`, and `.kimi-code/mcp.json` in a folder that it trusts (`.mcp.json` too).

Seen with 2.1.0: strict JSON, of anything else it says nothing and has no servers. The file of its predecessor kimi-cli
is not read. https://moonshotai.github.io/kimi-code
"""

from posthog_wizard.clients.entries import PLAIN_REMOTE, PLAIN_STDIO, VARIABLE
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import STRICT, Client, EntrySchema

_SCHEMA = EntrySchema(
    remote={**PLAIN_REMOTE, "bearerTokenEnvVar": VARIABLE},
    stdio=PLAIN_STDIO,
    user_keys=("enabled", "timeout"),
    switch={"enabled": False},
)
_USER = in_home(_SCHEMA, STRICT, "$KIMI_CODE_HOME/mcp.json", "~/.kimi-code/mcp.json")

CLIENT = Client(
    id="kimi-code",
    title="Kimi Code",
    places=(_USER, in_project(_USER, ".kimi-code/mcp.json")),
    proofs={"linux": "run"},
    binaries=("kimi",),
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="run /new in Kimi Code (or restart it), in a project in a folder that it trusts",
    after_removing="run /new in Kimi Code (or restart it)",
    unread_locations=unread("~/.kimi/mcp.json", "that was the file of kimi-cli"),
)
