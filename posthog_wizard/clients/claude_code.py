"""Claude Code: `~/.claude.json`, and `.mcp.json` in a project.

Its parser takes strict JSON only: one comment, and it treats the whole file as corrupt.
https://code.claude.com/docs/en/mcp

The file is written here and not by `claude mcp add`, which shows the key in the process list. Claude Code does not
wait for its own lock either: compare-and-swap, and a look afterwards, protect the file.
"""

from posthog_wizard.clients.entries import BRACED, BRACED_OR_DEFAULT, TYPED
from posthog_wizard.clients.paths import in_home, in_project, on_every_system, unread
from posthog_wizard.clients.posthog_docs import HOSTED_URL, PLACEHOLDER
from posthog_wizard.model import STRICT, Client, Plugin

_SCHEMA = TYPED._replace(  # without `type` an address is taken for a stdio entry
    names=r"[A-Za-z0-9_-]+",
    environment_reference=BRACED,
    environment_pattern=BRACED_OR_DEFAULT,
    user_keys=("timeout", "alwaysLoad", "disabled"),
    required={"type": ("http", "streamable-http")},
    switch={"disabled": True},
)
_FILE = ("$CLAUDE_CONFIG_DIR/.claude.json", "~/.claude.json")
_DIRECTORIES = on_every_system("$CLAUDE_CONFIG_DIR", "~/.claude")
_USER = in_home(_SCHEMA, STRICT, *_FILE, directories=_DIRECTORIES, lock_ending=".lock")

CLIENT = Client(
    id="claude-code",
    title="Claude Code",
    places=(_USER, in_project(_USER, ".mcp.json")),
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
    unread_locations=unread(
        "~/.claude/settings.json, ~/.claude/settings.local.json, ~/.claude/mcp.json, ~/.claude/.mcp.json, "
        "~/.claude/mcp_servers.json, ~/.config/claude/mcp.json, {project}/.claude/settings.json, "
        "{project}/.claude/settings.local.json, {project}/.claude/mcp.json, {project}/.claude/.mcp.json",
        "Claude Code reads `~/.claude.json`, and `.mcp.json` in a project",
    ),
)
