"""What can be wrong with a client's file as a whole."""

from __future__ import annotations

import json

from tests.support.doctor_contexts import HOSTED, Body, Fault
from tests.support.machines import KEY

ENTRY = json.dumps({"url": HOSTED, "headers": {"Authorization": f"Bearer {KEY}"}})
BOM = b"\xef\xbb\xbf"


def broken(name: str, client: str, text: str | bytes) -> Fault:
    """A file that its client cannot read, and that is not edited."""
    check_id = f"client.{client}.config"
    return Fault(name, lambda body: body.text(client, text), {check_id: "fail"}, left=(check_id,))


def marked(body: Body, client: str) -> None:
    """A byte-order mark, as PowerShell's Set-Content writes it."""
    body.text(client, BOM + body.path(client).read_bytes())


def commented(body: Body, client: str) -> None:
    """A comment in front."""
    body.text(client, b"// mine\n" + body.path(client).read_bytes())


def in_place_of_the_file(body: Body) -> None:
    """A folder has the file's name."""
    body.path("cursor").unlink()
    body.path("cursor").mkdir()


FAULTS = (
    Fault(
        "a comment in a strict file",
        lambda body: commented(body, "claude-code"),
        {"client.claude-code.config": "fail"},
        left=("client.claude-code.config",),
    ),
    Fault(
        "a comment where nobody knows",
        lambda body: commented(body, "cursor"),
        {"client.cursor.config": "warn"},
        left=("client.cursor.config",),
    ),
    broken("a trailing comma in a strict file", "claude-desktop", '{"mcpServers": {},}'),
    broken("a merge conflict", "cursor", f'{{"mcpServers": {{\n<<<<<<< HEAD\n"posthog": {ENTRY}\n=======\n}}}}'),
    broken("cut off", "cursor", f'{{"mcpServers": {{"posthog": {ENTRY[:40]}'),
    broken("UTF-16", "claude-desktop", '{"mcpServers": {}}'.encode("utf-16")),
    broken("not UTF-8", "windsurf", b'{"mcpServers": {"caf\xe9": {}}}'),
    broken("two entries of our name", "cursor", f'{{"mcpServers": {{"posthog": {ENTRY}, "posthog": {ENTRY}}}}}'),
    broken("two containers", "cursor", f'{{"mcpServers": {{}}, "mcpServers": {{"posthog": {ENTRY}}}}}'),
    broken("the container is a list", "vscode", '{"servers": []}'),
    broken("the document is a list", "zed", "[]"),
    Fault(
        "a folder in place of the file",
        in_place_of_the_file,
        {"client.cursor.config": "fail"},
        left=("client.cursor.config",),
    ),
    Fault(
        "a mark that Claude Desktop refuses",
        lambda body: marked(body, "claude-desktop"),
        {"client.claude-desktop.config": "fail"},
    ),
    Fault("a mark where nobody knows", lambda body: marked(body, "zed"), {"client.zed.config": "warn"}),
)
