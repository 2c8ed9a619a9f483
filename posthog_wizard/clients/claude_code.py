"""Claude Code: `~/.claude.json`, and `.mcp.json` in a project.

Its parser takes strict JSON only: one comment, and it treats the whole file as corrupt.
https://code.claude.com/docs/en/mcp

The file is written here and not by `claude mcp add`, which shows the key in the process list. Claude Code does not
wait for its own lock either: compare-and-swap, and a look afterwards, protect the file.
"""

from posthog_wizard.clients.entries import HEADERS, PLAIN_STDIO, URL
from posthog_wizard.clients.posthog_docs import HOSTED_URL, PLACEHOLDER
from posthog_wizard.model import STRICT, Client, EntrySchema, Place, Plugin, UnreadLocation

_STYLE = EntrySchema(
    remote={"type": "http", "url": URL, "headers": HEADERS},  # without `type` it is taken for a stdio entry
    stdio={"type": "stdio", **PLAIN_STDIO},
    names=r"[A-Za-z0-9_-]+",
    environment_reference="${{{name}}}",
    environment_pattern=r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}",
    user_keys=("timeout", "alwaysLoad", "disabled"),
    required={"type": ("http", "streamable-http")},
    switch={"disabled": True},
    restricting={"disabled": True},
)
_USER_FILE = ("$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json")
_CONFIG_DIRECTORY = ("$CLAUDE_CONFIG_DIR", "~/.claude")
_PROJECT_FILE = ("{project}/.mcp.json",)

CLIENT = Client(
    id="claude-code",
    title="Claude Code",
    places=(
        Place(
            scope="user",
            paths={"mac": _USER_FILE, "linux": _USER_FILE, "windows": _USER_FILE},
            directories={"mac": _CONFIG_DIRECTORY, "linux": _CONFIG_DIRECTORY, "windows": _CONFIG_DIRECTORY},
            container=("mcpServers",),
            dialect=STRICT,
            schema=_STYLE,
            lock_ending=".lock",
        ),
        Place(
            scope="project",
            paths={"mac": _PROJECT_FILE, "linux": _PROJECT_FILE, "windows": _PROJECT_FILE},
            container=("mcpServers",),
            dialect=STRICT,
            schema=_STYLE,
        ),
    ),
    proofs={"linux": "run"},
    binaries=("claude",),
    evidence={
        "mac": ("~/.claude/local/claude", "/usr/local/bin/claude", "/opt/homebrew/bin/claude"),
        "linux": ("~/.claude/local/claude", "/usr/local/bin/claude"),
    },
    after_adding="start a new Claude Code session (or run /mcp and reconnect)",
    documented=(
        f"claude mcp add --transport http posthog {HOSTED_URL} \\\n"
        f'  --header "Authorization: Bearer {PLACEHOLDER}" -s user'
    ),
    sign_in="claude mcp login {name}",
    inherits_environment_of="shell",
    byte_order_mark="accepted",
    auth_header_blocks_oauth=True,
    overrides=("projects", "{project}", "mcpServers"),
    plugins=(  # https://code.claude.com/docs/en/settings (`enabledPlugins`); PostHog/ai-plugin brings the server along
        Plugin(
            paths=("$CLAUDE_CONFIG_DIR/settings.json", "~/.claude/settings.json"),
            keys=("enabledPlugins", "posthog@posthog"),
            remove="claude plugin disable posthog@posthog",
        ),
    ),
    unread_locations=(
        UnreadLocation(
            "~/.claude/settings.json, ~/.claude/settings.local.json, ~/.claude/mcp.json, ~/.claude/.mcp.json, "
            "~/.claude/mcp_servers.json, ~/.config/claude/mcp.json, {project}/.claude/settings.json, "
            "{project}/.claude/settings.local.json, {project}/.claude/mcp.json, {project}/.claude/.mcp.json",
            "Claude Code reads `~/.claude.json`, and `.mcp.json` in a project",
        ),
    ),
)
