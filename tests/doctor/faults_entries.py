"""What can be wrong with an entry: old, lost, misspelled, in the wrong place, doubled, hidden, switched off."""

from __future__ import annotations

import json
import shutil
from functools import partial
from typing import Any

from posthog_wizard.install.key_purge import purge_key
from posthog_wizard.model import Limits, Secret
from tests.support.doctor_contexts import HOSTED, Body, Fault, both
from tests.support.machines import KEY

SSE = "https://mcp.posthog.com/sse"
HEADERS = {"Authorization": f"Bearer {KEY}"}
REMOTE = {"url": HOSTED, "headers": HEADERS}
NPX = {
    "command": "npx-of-nobody",  # not the npx of the machine that runs the tests
    "args": ["-y", "mcp-remote@latest", SSE, "--header", "Authorization:${POSTHOG_AUTH_HEADER}"],
    "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
}
OTHER = {"command": "node", "args": ["server.js"], "env": {"SOME_TOKEN": "zK4mW9xQ2vB7nR5t"}}


def forget(body: Body) -> None:
    """No run of ours is remembered."""
    shutil.rmtree(body.root / "state")


def whole(body: Body, client: str, data: Any) -> None:
    """A file that we did not write."""
    forget(body)
    body.text(client, json.dumps(data))


def shape(name: str, client: str, *gone: str, **fields: Any) -> Fault:
    """A spelling that the client does not read, and that is mended."""
    return Fault(
        name, lambda body: body.change(client, *gone, **fields), {f"client.{client}.shape": "fail"}, clients=(client,)
    )


def misplaced(name: str, client: str, container: str) -> Fault:
    """The entry in the container of another client."""
    return Fault(
        name,
        lambda body: whole(body, client, {container: {"posthog": REMOTE}}),
        {f"client.{client}.place": "fail"},
        clients=("claude-code", client),
    )


def beside(name: str, client: str, **containers: Any) -> Fault:
    """A second entry in a container that the client does not read."""
    return Fault(
        name,
        lambda body: body.text(client, json.dumps({**body.data(client), **containers})),
        {f"client.{client}.place": "warn"},
        clients=("claude-code", client),
    )


def addressed(name: str, *left: str, **fields: Any) -> Fault:
    """An entry that somebody wrote by hand, with a wrong address or header."""
    seed = both(lambda body: body.change("cursor", **fields), forget)
    return Fault(f"by hand: {name}", seed, {"client.cursor.address": "fail"}, left)


def bridged(name: str, url: str, *left: str) -> Fault:
    """The same in an entry of our bridge."""

    def seed(body: Body) -> None:
        body.change("claude-desktop", args=["mcp", "bridge", "--url", url])
        forget(body)

    return Fault(f"bridged: {name}", seed, {"client.claude-desktop.address": "fail"}, left)


SERVERS = {"mcpServers": {"posthog": REMOTE}}
STRAYS: tuple[tuple[str, str, Any], ...] = (
    ("claude-code", ".claude/settings.json", SERVERS),
    ("claude-code", ".claude/mcp.json", {"servers": {"posthog": REMOTE}}),
    ("cursor", ".cursor/settings.json", SERVERS),
    ("cursor", ".config/Cursor/User/settings.json", {"mcp": {"servers": {"posthog": REMOTE}}}),
    ("vscode", ".config/Code/User/settings.json", {"mcp.servers": {"posthog": REMOTE}}),
    ("windsurf", ".codeium/windsurf/mcp.json", SERVERS),
    ("zed", ".zed/settings.json", {"context_servers": {"posthog": REMOTE}}),
    ("codex", ".codex/mcp.json", SERVERS),
    ("gemini-cli", ".gemini/mcp.json", SERVERS),
    ("lm-studio", ".lmstudio/mcp_config.json", SERVERS),
    ("amp", ".amp/mcp.json", SERVERS),
    ("continue", ".continue/mcp.json", SERVERS),
    ("copilot-cli", ".copilot/mcp.json", SERVERS),
    ("goose", ".config/goose/mcp.json", SERVERS),
    ("hermes", ".hermes/mcp.json", SERVERS),
    ("kiro", ".kiro/mcp.json", SERVERS),
    ("mistral-vibe", ".vibe/mcp.json", SERVERS),
    ("openclaw", ".openclaw/mcp.json", SERVERS),
    ("opencode", ".config/opencode/mcp.json", SERVERS),
    ("qoder", ".qoder/mcp.json", SERVERS),
    ("vscode-insiders", ".config/Code - Insiders/User/settings.json", {"mcp": {"servers": {"posthog": REMOTE}}}),
)


def stray(body: Body, client: str, path: str, data: Any) -> None:
    """The entry in a file that the client does not read."""
    forget(body)
    body.text(client, "{}" if body.found(client).place.format == "json" else "")
    body.lay(f"home/{path}={json.dumps(data)}")


def plugin(value: Any) -> Any:
    """Claude Code's plugin, switched on in this way."""
    settings = json.dumps({"enabledPlugins": {"posthog@posthog": value}})
    return lambda body: body.lay(f"home/.claude/settings.json={settings}")


def in_project(body: Body, client: str, file: str, entry: Any) -> None:
    """Another entry of that name in the project."""
    body.folder = "home/project"
    body.lay(f"home/project/{file}={json.dumps({'mcpServers': {'posthog': entry}})}")


def locally(body: Body) -> None:
    """An entry of Claude Code's local scope."""
    body.folder = "home/project"
    data = body.data("claude-code")
    root = str(body.root / "home/project")
    body.text("claude-code", json.dumps({**data, "projects": {root: {"mcpServers": {"posthog": OTHER}}}}))


def other_installation(body: Body) -> None:
    """Another posthog-wizard that is still there."""
    body.lay("other/bin/posthog-wizard!")
    body.change("claude-desktop", command=str(body.root / "other/bin/posthog-wizard"))


def store_package(body: Body) -> None:
    """Claude Desktop was updated to the store package, which reads a copy of its own."""
    body.lay("home/AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/")


def unread(body: Body, entry: Any) -> None:
    """The file that the store package does not read."""
    data = json.dumps({"mcpServers": {"posthog": entry}})
    body.lay(f"home/AppData/Roaming/Claude/claude_desktop_config.json={data}")


def scrubbed(body: Body) -> None:
    """The journal no longer has the key."""
    purge_key(body.machine, Secret(KEY), "file", HOSTED)


def desktop(body: Body, **fields: Any) -> None:
    """The bridge's entry, changed since."""
    body.change("claude-desktop", **fields)


def elsewhere(body: Body) -> None:
    """The bridge takes the key to somebody else."""
    words = body.entry("claude-desktop")["args"]
    desktop(body, args=[*words[:-1], "https://collect.example.com/mcp"])


def limited(body: Body, client: str, **fields: Any) -> None:
    """An entry that we limited, changed since."""
    body.add(client, key=Secret(KEY), limits=Limits(project="1", read_only=True))
    body.change(client, **fields)


def development(body: Body, **fields: Any) -> None:
    """An entry for another hosted server (`--mcp-url`), changed since."""
    body.add("cursor", key=Secret(KEY), address="http://localhost:8787/mcp")
    body.change("cursor", **fields)


DISABLED = ("client.cursor.enabled",)
FAULTS = (
    Fault("the old address", lambda body: body.change("cursor", url=SSE), {"client.cursor.entry": "warn"}),
    Fault(
        "mcp-remote without npx",
        lambda body: body.put("cursor", NPX),
        {"client.cursor.entry": "warn", "client.cursor.command": "fail"},
    ),
    Fault(
        "npx that only the shell finds",
        both(lambda body: body.lay("bin/npx-of-nobody!"), lambda body: body.put("claude-desktop", NPX)),
        {"client.claude-desktop.entry": "warn", "client.claude-desktop.command": "fail"},
        os="mac",
    ),
    Fault(
        "mcp-remote that signs in",
        lambda body: body.put("claude-desktop", {"command": "npx-of-nobody", "args": ["mcp-remote", SSE]}),
        {"client.claude-desktop.entry": "warn", "client.claude-desktop.command": "fail"},
    ),
    Fault(
        "mcp-remote with the key among its words",
        lambda body: body.put(
            "cursor",
            {"command": "npx-of-nobody", "args": ["mcp-remote", SSE, "--header", f"Authorization: Bearer {KEY}"]},
        ),
        {"client.cursor.entry": "warn", "client.cursor.command": "fail", "client.cursor.address": "warn"},
    ),
    Fault(
        "mcp-remote in TOML",
        lambda body: body.text(
            "codex",
            f'# mine\n[mcp_servers.posthog]\ncommand = "npx-of-nobody"\nargs = ["mcp-remote", "{SSE}", "--header", '
            f'"Authorization: Bearer {KEY}"]\n',
        ),
        {"client.codex.entry": "warn", "client.codex.command": "fail", "client.codex.address": "warn"},
    ),
    Fault("the entry was lost", lambda body: body.put("cursor", None), {"client.cursor.entry": "warn"}),
    Fault(
        "the entry was lost, and its key is in a store since",
        both(lambda body: body.put("cursor", None), scrubbed),
        {"client.cursor.entry": "warn"},
        left=("client.cursor.entry",),
    ),
    Fault(
        "somebody else's entry of our name",
        both(lambda body: body.put("cursor", OTHER), forget),
        {"client.cursor.entry": "warn"},
        left=("client.cursor.entry",),
    ),
    Fault(
        "somebody else's program where we wrote an entry",
        both(lambda body: body.lay("bin/node!"), lambda body: body.put("cursor", OTHER)),
        {"client.cursor.entry": "warn"},
    ),
    Fault(
        "it leads elsewhere now",
        lambda body: body.change("cursor", url="https://collect.example.com/mcp"),
        {"client.cursor.entry": "warn"},
    ),
    Fault(
        "another program in place of the bridge",
        both(lambda body: body.lay("bin/other!"), lambda body: desktop(body, command=str(body.root / "bin/other"))),
        {"client.claude-desktop.entry": "warn"},
    ),
    Fault(
        "a library before the bridge",
        lambda body: desktop(body, env={**body.entry("claude-desktop")["env"], "LD_PRELOAD": "/tmp/x.so"}),
        {"client.claude-desktop.entry": "warn"},
    ),
    Fault("the bridge leads elsewhere", elsewhere, {"client.claude-desktop.entry": "warn"}),
    Fault(
        "a limit that was loosened",
        lambda body: limited(body, "claude-code", url=HOSTED),
        {"client.claude-code.entry": "warn"},
    ),
    Fault(
        "an address of development, and a placeholder",
        lambda body: development(body, headers={"Authorization": "Bearer {INSERT_YOUR_PERSONAL_API_KEY_HERE}"}),
        {"key.placeholder": "fail"},
    ),
    Fault("another installation", other_installation, {"client.claude-desktop.entry": "warn"}),
    Fault(
        "switched off", lambda body: body.change("cursor", disabled=True), {"client.cursor.enabled": "warn"}, DISABLED
    ),
    Fault(
        "not enabled",
        lambda body: body.change("zed", enabled=False),
        {"client.zed.enabled": "warn"},
        ("client.zed.enabled",),
    ),
    # ---------------------------------------------------------------- spelling
    shape("Windsurf's spelling in Cursor", "cursor", "url", serverUrl=HOSTED),
    shape("Cursor's spelling in Windsurf", "windsurf", "serverUrl", url=HOSTED),
    shape("Gemini's spelling in Zed", "zed", "url", httpUrl=HOSTED),
    shape("Goose's spelling in Cursor", "cursor", "url", uri=HOSTED),
    shape("Cline's spelling in Cursor", "cursor", "url", "headers", transport=REMOTE),
    shape("Claude Code without type", "claude-code", "type"),
    shape("Claude Code with the type of old servers", "claude-code", type="sse"),
    shape("an address and a command", "cursor", command="npx", args=[]),
    shape("an address for Claude Desktop", "claude-desktop", "command", "args", "env", **REMOTE),
    # ---------------------------------------------------------------- place
    misplaced("Cursor's container in VS Code", "vscode", "mcpServers"),
    misplaced("VS Code's container in Cursor", "cursor", "servers"),
    misplaced("Cursor's container in Zed", "zed", "mcpServers"),
    misplaced("other letters", "cursor", "mcpservers"),
    Fault(
        "no container",
        lambda body: whole(body, "cursor", {"posthog": REMOTE}),
        {"client.cursor.place": "fail"},
        clients=("claude-code", "cursor"),
    ),
    Fault(
        "arguments that are one text",
        both(lambda body: body.put("cursor", {"command": "npx-of-nobody", "args": f"mcp-remote {SSE}"}), forget),
        {"client.cursor.entry": "warn", "client.cursor.shape": "fail"},
    ),
    Fault(
        "arguments whose meaning only their author knows",
        both(
            lambda body: body.change("claude-desktop", args=["mcp", "bridge", "--project", None, "--read-only"]), forget
        ),
        {"client.claude-desktop.shape": "fail"},
        ("client.claude-desktop.shape",),
    ),
    misplaced("with a dash", "cursor", "mcp-servers"),
    misplaced("another client's word", "zed", "mcp_servers"),
    misplaced("its own word in other letters", "amp", "amp.mcpservers"),
    Fault(
        "an object for a dot",
        lambda body: whole(body, "amp", {"amp": {"mcpServers": {"posthog": REMOTE}}}),
        {"client.amp.place": "fail"},
        clients=("claude-code", "amp"),
    ),
    beside("a second one in another client's container", "cursor", servers={"posthog": REMOTE}),
    beside("a second one in other letters", "vscode", Servers={"posthog": REMOTE}),
    *(
        Fault(
            f"in {path}",
            partial(stray, client=client, path=path, data=data),
            {f"client.{client}.place": "fail"},
            clients=(client, "cursor" if client == "claude-code" else "claude-code"),
        )
        for client, path, data in STRAYS
    ),
    Fault(
        "a whole command line in `command`",
        both(lambda body: body.put("cursor", {**NPX, "command": "npx-of-nobody mcp-remote", "args": [SSE]}), forget),
        {"client.cursor.entry": "warn", "client.cursor.command": "fail", "client.cursor.shape": "fail"},
    ),
    Fault(
        "a command as OpenCode has it",
        both(lambda body: body.put("cursor", {**NPX, "command": [NPX["command"], *NPX["args"]], "args": []}), forget),
        {"client.cursor.entry": "warn", "client.cursor.shape": "fail"},
    ),
    Fault(
        "a command as Zed once had it",
        both(
            lambda body: body.put(
                "zed", {"command": {"path": "npx-of-nobody", "args": NPX["args"], "env": NPX["env"]}}
            ),
            forget,
        ),
        {"client.zed.entry": "warn", "client.zed.command": "fail", "client.zed.shape": "fail"},
    ),
    Fault(
        "a command line for a shell",
        both(
            lambda body: body.put(
                "cursor",
                {
                    "command": "bash-of-nobody",
                    "args": ["-lc", f"npx mcp-remote {SSE} --header 'Authorization: Bearer {KEY}'"],
                },
            ),
            forget,
        ),
        {"client.cursor.entry": "warn", "client.cursor.command": "fail", "client.cursor.address": "warn"},
    ),
    Fault(
        "VS Code's settings",
        lambda body: stray(
            body, "vscode", ".config/Code/User/settings.json", {"mcp": {"servers": {"posthog": REMOTE}}}
        ),
        {"client.vscode.place": "fail"},
    ),
    Fault(
        "Zed's data folder",
        lambda body: stray(
            body, "zed", "Library/Application Support/Zed/settings.json", {"context_servers": {"posthog": REMOTE}}
        ),
        {"client.zed.place": "fail"},
        os="mac",
    ),
    Fault(
        "the store package, and nothing to sign in with",
        both(store_package, lambda body: unread(body, {"command": "npx-of-nobody", "args": ["mcp-remote", SSE]})),
        {"client.claude-desktop.place": "fail"},
        ("client.claude-desktop.place",),
        os="windows",
    ),
    Fault("the store package", store_package, {"client.claude-desktop.place": "fail"}, os="windows"),
    addressed("a key without Bearer", headers={"Authorization": KEY}),
    addressed("a key in quotes", headers={"Authorization": f'Bearer "{KEY}"'}),
    addressed("a key without a space before it", headers={"Authorization": f"Bearer{KEY}"}),
    addressed("a key without Bearer, in small letters", headers={"authorization": KEY}),
    addressed("a key in a header of its own", headers={"X-API-Key": KEY}),
    addressed("a key in the address", url=f"{HOSTED}?api_key={KEY}", headers={}),
    addressed("plain http", url="http://mcp.posthog.com/mcp"),
    addressed("the app's address", url="https://app.posthog.com/mcp"),
    addressed("no path", url="https://mcp.posthog.com"),
    addressed("a look-alike", "client.cursor.address", url="https://mcp.posthog.com.evil.example/mcp"),
    addressed("a look-alike that ends alike", "client.cursor.address", url="https://evilposthog.com/mcp"),
    addressed("a look-alike of one letter", "client.cursor.address", url="https://mcp.p0sthog.com/mcp"),
    addressed("a key before the host", url=f"https://{KEY}@mcp.posthog.com/mcp", headers={}),
    bridged("plain http", "http://mcp.posthog.com/mcp"),
    bridged("the app's address", "https://eu.posthog.com/mcp?project_id=7"),
    bridged("no path", "https://mcp-eu.posthog.com"),
    bridged("a look-alike", "https://mcp.p0sthog.com/mcp", "client.claude-desktop.address"),
    # ---------------------------------------------------------------- twice, or hidden
    Fault("another name", lambda body: body.put("cursor", REMOTE, "PostHog MCP"), {"client.cursor.second": "warn"}),
    Fault(
        "an old entry beside ours",
        lambda body: body.put("cursor", {"url": SSE, "headers": HEADERS}, "posthog-old"),
        {"client.cursor.second": "warn", "client.cursor.entry": "warn"},
    ),
    Fault(
        "Claude Code's plugin",
        plugin(True),
        {"client.claude-code.second": "warn"},
        ("client.claude-code.second",),
    ),
    Fault(
        "Claude Code's plugin at a version",
        plugin(["1.2.0"]),
        {"client.claude-code.second": "warn"},
        ("client.claude-code.second",),
    ),
    Fault("the local scope", locally, {"client.claude-code.shadowed": "warn"}, ("client.claude-code.shadowed",)),
    Fault(
        "another project in the project's file",
        lambda body: in_project(
            body, "claude-code", ".mcp.json", {"type": "http", "url": f"{HOSTED}?project_id=7", "headers": HEADERS}
        ),
        {"client.claude-code.shadowed": "warn"},
        ("client.claude-code.shadowed",),
    ),
    Fault(
        "somebody else's in the project's file",
        lambda body: in_project(body, "cursor", ".cursor/mcp.json", OTHER),
        {"client.cursor.shadowed": "warn"},
        ("client.cursor.shadowed",),
    ),
)
