"""What strangers write into names, addresses and comments is shown, and no terminal acts upon it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posthog_wizard.printable import printable
from tests.support.canaries import Canaries

# Colours, a title, a bell, C1's control sequence, a delete, text that turns around, text that hides, a line that is none.
ACTIVE = "\x1b[8m\x1b[31m\x1b]0;title\x07\x9b2J\x7f\u202e\u2066\u200b\u2028+ `rm`"
HOSTED = "https://mcp.posthog.com/mcp"
COMMANDS = {
    "a dry run": ("mcp", "add", "cursor", "--oauth", "--dry-run"),
    "add": ("mcp", "add", "cursor", "--oauth"),
    "remove": ("mcp", "remove", "cursor", "--dry-run"),
    "list": ("mcp", "list"),
    "doctor": ("mcp", "doctor", "cursor", "--offline"),
    "report": ("mcp", "doctor", "cursor", "--offline", "--report"),
    "trust": ("mcp", "doctor", "cursor", "--offline", "--trust-project"),
}


def text() -> str:
    """A client's file with them in a comment, in names and in values."""
    entries = {
        "posthog": {"url": f"{HOSTED}?project_id={ACTIVE}", "headers": {ACTIVE: ACTIVE}},
        f"POST{ACTIVE}HOG": {"url": HOSTED},
        f"program{ACTIVE}": {"command": "posthog-wizard", "args": ["mcp", "serve", ACTIVE], "env": {ACTIVE: ACTIVE}},
    }
    return f"{{\n  // {ACTIVE}\n" + json.dumps({"mcpServers": entries}, indent=2).removeprefix("{\n")


@pytest.mark.parametrize("scope", ["user", "project"])
@pytest.mark.parametrize("name", COMMANDS)
def test_no_terminal_acts_upon_it(name: str, scope: str, tmp_path: Path) -> None:
    with Canaries(tmp_path) as canaries:
        for folder in (canaries.home, canaries.repository):
            path = folder / ".cursor/mcp.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(text())
        result = canaries.run(*COMMANDS[name], "--scope", scope)
    shown = result.out + result.err
    assert shown == printable(shown, keep="\n\t")
    assert "cursor" in shown.lower()


@pytest.mark.parametrize("name", ["add", "list", "doctor"])
def test_a_document_says_it_in_json_s_own_spelling(name: str, tmp_path: Path) -> None:
    with Canaries(tmp_path) as canaries:
        (canaries.home / ".cursor/mcp.json").write_text(text())
        result = canaries.run(*COMMANDS[name], "--json")
    assert json.loads(result.out)["schema"].startswith("posthog-wizard.")
    assert result.out == printable(result.out, keep="\n")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("Ärger — 漢字 ✓", "Ärger — 漢字 ✓"),
        ("a\x1b[31mb", r"a\x1b[31mb"),
        ("a\u202eb\x9bc", r"a\u202eb\x9bc"),
        ("a\nb\tc", r"a\nb" + "\tc"),
    ],
)
def test_what_can_be_seen_stays(given: str, shown: str) -> None:
    assert printable(given, keep="\t") == shown
