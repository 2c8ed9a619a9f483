"""No key in what doctor says: ours, other servers', or one in the environment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posthog_wizard.doctor.check import Check
from posthog_wizard.doctor.redaction import CheckRedactor
from posthog_wizard.doctor.report import anonymous, markdown, masked_value
from tests.support.doctor_contexts import Body, healthy
from tests.support.machines import KEY, machine

TOKEN = "zK4mW9xQ2vB7nR5t"


def body(root: Path) -> Body:
    """A machine with secrets of others."""
    made = healthy(root, "linux", "cursor")
    made.put(
        "cursor", {"command": "x", "env": {"API_TOKEN": TOKEN, "NODE_ENV": "production", "SHORT_KEY": "abc"}}, "other"
    )
    made.environment |= {"GITHUB_TOKEN": "plain-words-as-a-token", "SSH_AUTH_SOCK": "/run/user/1000/agent"}
    made.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.chainer.ChainerBackend"
    return made


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"sent {KEY} on", "sent phx_…Jt0B on"),
        (f"the token {TOKEN}", "the token …"),
        ("plain-words-as-a-token", "…oken"),
        ("in production, abc", "in production, abc"),
        ("`keyring.backends.chainer.ChainerBackend`", "`keyring.backends.chainer.ChainerBackend`"),
        ("at /run/user/1000/agent", "at /run/user/1000/agent"),
        ("a key of a stranger: ghp_zK4mW9xQ2vB7nR5tLp3s", "a key of a stranger: ghp_…Lp3s"),
    ],
)
def test_a_text_without_its_secrets(text: str, shown: str, tmp_path: Path) -> None:
    assert CheckRedactor(body(tmp_path).context()).text(text) == shown


def test_every_part_of_a_check_is_masked(tmp_path: Path) -> None:
    data = {"lines": [f"got {KEY}", 1], "more": {"deep": (KEY,)}, "none": None}
    check = CheckRedactor(body(tmp_path).context()).check(Check("key.x", "fail", KEY, KEY, KEY, None, data))
    assert KEY not in str(check)
    assert check.data == {"lines": ["got phx_…Jt0B", 1], "more": {"deep": ["phx_…Jt0B"]}, "none": None}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"headers": {"X": "anything at all"}}, {"headers": {"X": "…"}}),
        ({"args": ["--token", "a b c", "--port", "80"]}, {"args": ["--token", "…", "--port", "80"]}),
        ({"url": "https://user:pass@x.example/?key=1"}, {"url": "https://…@x.example/?key=…"}),
        ({"timeout": 60, "disabled": False, "headers": {}}, {"timeout": 60, "disabled": False, "headers": {}}),
    ],
)
def test_an_entry_in_the_report(value: object, shown: object) -> None:
    assert masked_value(("posthog",), value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{home}/.cursor/mcp.json", "~/.cursor/mcp.json"),
        ("{home}", "~"),
        ("{home}stead", "{home}stead"),
        ("owned by Max, not by maximum", "owned by USER, not by maximum"),
        ("write to max@example.com", "write to …@…"),
        ("/srv/max/project", "/srv/USER/project"),
    ],
)
def test_nobody_is_told_by_name(text: str, shown: str, tmp_path: Path) -> None:
    here = machine(tmp_path, environment={"USER": "max"})
    home = str(here.home)
    assert anonymous(text.replace("{home}", home), here) == shown.replace("{home}", home)


def test_the_report_of_a_machine(tmp_path: Path) -> None:
    made = body(tmp_path)
    made.change("cursor", "url", serverUrl="https://mcp.posthog.com/mcp")
    context, checks = made.context(), made.checks()
    report = markdown(context, checks)
    assert "| fail | `client.cursor.shape` |" in report
    assert "1 other servers" in report
    assert "| network | not looked at (`--offline`) |" in report
    entry = report.split("```json\n")[1].split("```")[0]
    assert json.loads(entry)["posthog"]["headers"] == {"Authorization": "Bearer phx_…Jt0B"}
    assert str(tmp_path / "home") not in report


def test_a_report_names_nobody(tmp_path: Path) -> None:
    """Persons, organizations and projects, as PostHog told them; what only contains such a name stays."""
    told = {"user": "Ada Lovelace", "organization": {"id": "0", "name": "Leafline"}, "project": {"id": 1, "name": "ok"}}
    about = Check("key.valid", "ok", "the key at `h`, Ada Lovelace, Leafline, project ok", data=told)
    refused = Check("key.valid", "fail", "the key", "Leafline does not allow it, token okay")
    report = markdown(Body(tmp_path).context(), (about, refused))
    assert [name for name in ("Ada", "Lovelace", "Leafline") if name in report] == []
    assert "the key at `h`, USER, ORGANIZATION, project PROJECT" in report
    assert "ORGANIZATION does not allow it, token okay" in report
