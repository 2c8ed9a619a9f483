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
from posthog_wizard.clients.paths import in_project, on_every_system
from posthog_wizard.clients.posthog_docs import remote_block
from posthog_wizard.model import ANY, Client, Dialect, EntrySchema, Place, Trust, UnreadLocation

_STYLE = EntrySchema(
    remote={"type": "http", "url": URL, "headers": HEADERS},
    stdio=PLAIN_STDIO,
    environment_reference=BRACED,
    environment_pattern=VARIABLE_WITH_DEFAULT,
    addresses=("httpUrl",),
    user_keys=("timeout", "trust", "includeTools", "excludeTools", "description"),
    restricting={"includeTools": ANY, "excludeTools": ANY},  # both leave fewer tools
    names=r"[A-Za-z0-9-]+",  # tools are called `mcp_NAME_TOOL`
)
_DIALECT = Dialect(comments=True, trailing_commas=False)
_USER_FILE = ("$GEMINI_CLI_HOME/.gemini/settings.json", "~/.gemini/settings.json")
_OWN_FILES = ("~/.gemini/projects.json", "~/.gemini/history", "~/.gemini/trustedFolders.json")
_TRUSTED = ("TRUST_FOLDER", "TRUST_PARENT")
_PROJECT_FILE = ("{project}/.gemini/settings.json",)

GEMINI_CLI = Client(
    id="gemini-cli",
    title="Gemini CLI",
    places=(
        Place(
            scope="user",
            paths={"mac": _USER_FILE, "linux": _USER_FILE, "windows": _USER_FILE},
            directories={"mac": (), "linux": (), "windows": ()},
            container=("mcpServers",),
            dialect=_DIALECT,
            schema=_STYLE,
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("mcpServers",),
            dialect=_DIALECT,
            schema=_STYLE,
        ),
    ),
    proofs={"linux": "run"},
    binaries=("gemini",),
    evidence={"mac": _OWN_FILES, "linux": _OWN_FILES, "windows": _OWN_FILES},
    inherits_environment_of="shell",
    byte_order_mark="refused",
    after_adding="start a new Gemini CLI session, in a folder that it trusts",
    after_removing="start a new Gemini CLI session",
    documented={"mcpServers": {"posthog": remote_block()}},
    withholds="KEY|AUTH|CERT",
    trust=Trust(("$GEMINI_CLI_HOME/.gemini/trustedFolders.json", "~/.gemini/trustedFolders.json"), (), _TRUSTED),
    unread_locations=(
        UnreadLocation(
            "~/.gemini/mcp.json, ~/.gemini/mcp_config.json, ~/.gemini/config.json, "
            "~/.config/gemini/settings.json, ~/.config/gemini-cli/settings.json, {project}/.gemini/mcp.json, "
            "{project}/.gemini/config.json",
            "Gemini CLI reads `~/.gemini/settings.json`, and `.gemini/settings.json` in a project",
        ),
    ),
)

_QWEN_USER = Place(
    "user",
    on_every_system("~/.qwen/settings.json"),
    ("mcpServers",),
    _DIALECT,
    _STYLE._replace(
        remote={"httpUrl": URL, "headers": HEADERS}, addresses=(), environment_pattern=SHELL_LIKE, names=None
    ),
)
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
    unread_locations=(
        UnreadLocation(
            "~/.qwen/mcp.json, ~/.qwen/config.json, {project}/.qwen/mcp.json",
            "Qwen Code reads `settings.json` in the folder `.qwen`",
        ),
    ),
)
_QODER_USER = Place(
    "user",
    on_every_system("~/.qoder/settings.json"),
    ("mcpServers",),
    _DIALECT,
    EntrySchema(
        remote={"type": "http", **PLAIN_REMOTE},
        stdio=PLAIN_STDIO,
        environment_reference=BRACED,
        environment_pattern=SHELL_LIKE,
        user_keys=("timeout", "trust", "includeTools", "excludeTools", "disabled"),
        restricting={"includeTools": ANY, "excludeTools": ANY},
    ),
)
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
    unread_locations=(
        UnreadLocation(
            "~/.qoder.json, ~/.qoder/mcp.json, {project}/.qoder/mcp.json",
            "Qoder reads `settings.json` in the folder `.qoder`",
        ),
    ),
)
