"""GitHub Copilot CLI: `~/.copilot/mcp-config.json`, and `.mcp.json` in a folder that it trusts, spelled as Claude Code does.

Seen with 1.0.102: comments, trailing commas and a byte-order mark are taken, XDG_CONFIG_HOME is not looked at,
`.github/mcp.json` only where there is no `.mcp.json`. https://docs.github.com/copilot/how-tos/copilot-cli
"""

from posthog_wizard.clients.entries import BRACED, PLAIN_REMOTE, PLAIN_STDIO, TYPED, VARIABLE_WITH_DEFAULT
from posthog_wizard.clients.paths import in_home, in_project, unread
from posthog_wizard.model import ANY, RELAXED, Client, EntrySchema, Trust

_ALL_TOOLS = ["*"]
_SCHEMA = EntrySchema(
    remote={"type": "http", **PLAIN_REMOTE, "tools": _ALL_TOOLS},
    stdio={"type": "local", "tools": _ALL_TOOLS, **PLAIN_STDIO},
    environment_reference=BRACED,
    environment_pattern=VARIABLE_WITH_DEFAULT,
    user_keys=("tools", "timeout"),
    restricting={"tools": ANY},
)
_USER = in_home(_SCHEMA, RELAXED, "$COPILOT_HOME/mcp-config.json", "~/.copilot/mcp-config.json")
# Claude Code reads the same file, and Copilot takes its words: `stdio` is `local`, and without `tools` it has all.
_SHARED = _SCHEMA._replace(remote=TYPED.remote, stdio=TYPED.stdio)

CLIENT = Client(
    id="copilot-cli",
    title="GitHub Copilot CLI",
    places=(_USER, in_project(_USER, ".mcp.json")._replace(schema=_SHARED)),
    proofs={"linux": "run"},
    binaries=("copilot",),
    inherits_environment_of="shell",
    byte_order_mark="accepted",
    after_adding="start a new Copilot session",
    trust=Trust(("$COPILOT_HOME/config.json", "~/.copilot/config.json"), ("trustedFolders",)),
    unread_locations=unread(
        "~/.copilot/mcp.json, ~/.copilot/config.json, $XDG_CONFIG_HOME/copilot/mcp-config.json, "
        "~/.config/copilot/mcp-config.json, $XDG_CONFIG_HOME/.copilot/mcp-config.json, {project}/.copilot/mcp.json, "
        "{project}/.copilot/mcp-config.json",
        "Copilot reads `~/.copilot/mcp-config.json`, and `.mcp.json` in a project",
    ),
)
