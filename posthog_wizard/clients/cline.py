"""Cline, as extension and command line: one file for both, in the folder of its data. It has none in projects.

Seen with 3.0.65: strict JSON, of anything else it says nothing and has no servers; without `type` an address is SSE,
and only `streamableHttp` is the streaming one. It writes entries with their address in an object `transport`, and
reports on the way to sign in under `oauth`. https://docs.cline.bot/mcp
"""

from posthog_wizard.clients.entries import PLAIN_REMOTE, PLAIN_STDIO
from posthog_wizard.clients.paths import in_home, on_every_system, unread
from posthog_wizard.model import ANY, STRICT, Client, EntrySchema

_SCHEMA = EntrySchema(
    remote={"type": "streamableHttp", **PLAIN_REMOTE, "disabled": False},
    stdio={**PLAIN_STDIO, "disabled": False},
    addresses=("transport.url",),
    required={"type": ("streamableHttp",)},
    user_keys=("disabled", "timeout", "autoApprove", "alwaysAllow", "disabledTools", "oauth", "metadata"),
    switch={"disabled": True},
    restricting={"disabledTools": ANY},
)
_FOLDERS = ("$CLINE_DATA_DIR/settings", "$CLINE_DIR/data/settings", "~/.cline/data/settings")
_FILE = ("$CLINE_MCP_SETTINGS_PATH", *(f"{folder}/cline_mcp_settings.json" for folder in _FOLDERS))
_DIRECTORIES = on_every_system("$CLINE_DATA_DIR", "$CLINE_DIR", "~/.cline")

CLIENT = Client(
    id="cline",
    title="Cline",
    places=(in_home(_SCHEMA, STRICT, *_FILE, directories=_DIRECTORIES),),
    proofs={"linux": "run"},
    binaries=("cline",),
    byte_order_mark="refused",
    after_adding="nothing to do, Cline sees the change by itself (a session of its command line: start a new one)",
    after_removing="nothing to do, Cline sees the change by itself",
    unread_locations=unread("~/.cline/mcp.json, ~/.cline/cline_mcp_settings.json", "Cline reads its data folder"),
)
