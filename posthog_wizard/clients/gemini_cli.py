"""Gemini CLI and its forks Qwen Code and Qoder CLI: the file with all of the user's settings, and its like in a project.

Seen with 0.61.0: comments are taken, a trailing comma and a byte-order mark are not (the file then counts as broken).
`~/.gemini` belongs to other programs too, so only what Gemini CLI itself makes there proves that it is in use. Qwen Code
0.24.4 takes an address under `url` for SSE; Qoder 1.1.52 knows `url` alone.
https://github.com/google-gemini/gemini-cli/blob/main/docs/tools/mcp-server.md
"""

from posthog_wizard.clients.entries import (
    BRACED,
    HEADERS,
    PLAIN_REMOTE,
    PLAIN_STDIO,
    SHELL_LIKE,
    URL,
    VARIABLE_WITH_DEFAULT,
)
from posthog_wizard.clients.paths import in_home, in_project, on_every_system, unread
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import ANY, Client, Dialect, EntrySchema, Trust

_SCHEMA = EntrySchema(
    remote={"type": "http", **PLAIN_REMOTE},
    stdio=PLAIN_STDIO,
    environment_reference=BRACED,
    environment_pattern=VARIABLE_WITH_DEFAULT,
    addresses=("httpUrl",),
    user_keys=("timeout", "trust", "includeTools", "excludeTools", "description"),
    restricting={"includeTools": ANY, "excludeTools": ANY},  # both leave fewer tools
    names=r"[A-Za-z0-9-]+",  # tools are called `mcp_NAME_TOOL`
)
_DIALECT = Dialect(comments=True, trailing_commas=False)
_FILE = ("$GEMINI_CLI_HOME/.gemini/settings.json", "~/.gemini/settings.json")
_USER = in_home(_SCHEMA, _DIALECT, *_FILE, directories=on_every_system())
_OWN_FILES = ("~/.gemini/projects.json", "~/.gemini/history", "~/.gemini/trustedFolders.json")
_TRUSTED = ("TRUST_FOLDER", "TRUST_PARENT")

GEMINI_CLI = Client(
    id="gemini-cli",
    title="Gemini CLI",
    places=(_USER, in_project(_USER, ".gemini/settings.json")),
    proofs={"linux": "run"},
    binaries=("gemini",),
    evidence=on_every_system(*_OWN_FILES),
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="start a new Gemini CLI session, in a folder that it trusts",
    after_removing="start a new Gemini CLI session",
    documented={"mcpServers": {"posthog": remote_block()}},
    withholds="KEY|AUTH|CERT",
    trust=Trust(("$GEMINI_CLI_HOME/.gemini/trustedFolders.json", "~/.gemini/trustedFolders.json"), (), _TRUSTED),
    unread_locations=unread(
        "~/.gemini/mcp.json, ~/.gemini/mcp_config.json, ~/.gemini/config.json, "
        "~/.config/gemini/settings.json, ~/.config/gemini-cli/settings.json, {project}/.gemini/mcp.json, "
        "{project}/.gemini/config.json",
        "Gemini CLI reads `~/.gemini/settings.json`, and `.gemini/settings.json` in a project",
    ),
)

_QWEN_SCHEMA = _SCHEMA._replace(
    remote={"httpUrl": URL, "headers": HEADERS}, addresses=(), environment_pattern=SHELL_LIKE, names=None
)
_QWEN_USER = in_home(_QWEN_SCHEMA, _DIALECT, "~/.qwen/settings.json")
QWEN_CODE = Client(
    id="qwen-code",
    title="Qwen Code",
    places=(_QWEN_USER, in_project(_QWEN_USER, ".qwen/settings.json")),
    proofs={"linux": "run"},
    binaries=("qwen",),
    inherits_environment_of="shell",
    byte_order_mark="accepted",
    after_adding="start a new Qwen Code session; in a project, approve the server first: `qwen mcp approve {name}`",
    after_removing="start a new Qwen Code session",
    trust=Trust(("~/.qwen/mcpApprovals.json",), (), ("approved",), field="status", approve="qwen mcp approve {name}"),
    unread_locations=unread(
        "~/.qwen/mcp.json, ~/.qwen/config.json, {project}/.qwen/mcp.json",
        "Qwen Code reads `settings.json` in the folder `.qwen`",
    ),
)
_QODER_SCHEMA = _SCHEMA._replace(
    addresses=(),
    environment_pattern=SHELL_LIKE,
    names=None,
    user_keys=("timeout", "trust", "includeTools", "excludeTools", "disabled"),
)
_QODER_USER = in_home(_QODER_SCHEMA, _DIALECT, "~/.qoder/settings.json")
QODER = Client(
    id="qoder",
    title="Qoder CLI",
    places=(_QODER_USER, in_project(_QODER_USER, ".qoder/settings.json")),
    proofs={"linux": "run"},
    binaries=("qodercli",),
    inherits_environment_of="shell",
    withholds="KEY|AUTH|CERT",
    byte_order_mark="accepted",
    after_adding="start a new Qoder session",
    unread_locations=unread(
        "~/.qoder.json, ~/.qoder/mcp.json, {project}/.qoder/mcp.json",
        "Qoder reads `settings.json` in the folder `.qoder`",
    ),
)
