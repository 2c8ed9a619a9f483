"""The command that a finding advises writes the entry that it is about, and can be pasted."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.doctor.check import add_command, host_flag
from posthog_wizard.doctor.checks import CHECKS
from posthog_wizard.doctor.context import read_entries
from posthog_wizard.doctor.probes.installations import of_installation
from posthog_wizard.doctor.probes.probe_failure import ProbeFailure
from posthog_wizard.model import EnvironmentReference, Secret
from tests.doctor.faults_environment import not_approved
from tests.support.doctor_contexts import Body
from tests.support.founds import found
from tests.support.machines import KEY as KEY_TEXT
from tests.support.program import OTHER_KEY

HOSTED = {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": "Bearer phx_x"}}
KEY = {"env": {"POSTHOG_AUTH_HEADER": "Bearer phx_x"}}
INSTALLED = "https://ph.example.com/api/projects/7/mcp_server_installations/0190-a/proxy/"


def program(*arguments: str, **more: Any) -> dict[str, Any]:
    """An entry that starts our server."""
    return {"command": "/opt/bin/posthog-wizard", "args": ["mcp", "serve", *arguments], **more}


@pytest.mark.parametrize(
    ("name", "value", "more", "expected"),
    [
        ("posthog", HOSTED, (), ""),
        ("posthog", HOSTED, ("--secret", "prompt"), "--secret prompt"),
        ("posthog eu", HOSTED, (), '--name "posthog eu"'),
        ("posthog", program("--host", "https://ph.example.com", **KEY), (), "--host https://ph.example.com"),
        ("posthog", program("--host", "https://ph.example.com"), (), "--host https://ph.example.com --secret store"),
        (
            "posthog",
            program("--host", "http://10.0.0.7", "--allow-http", **KEY),
            (),
            "--host http://10.0.0.7 --allow-http",
        ),
        (
            "posthog",
            program("--host", "https://eu.posthog.com", **KEY),
            (),
            "--host https://eu.posthog.com --server local",
        ),
        ("posthog", program("--host", "https://us.posthog.co", **KEY), (), ""),  # a look-alike gets no second key
        ("posthog", program("--sandbox"), (), "--sandbox"),
        ("linear", {"url": INSTALLED, "headers": HOSTED["headers"]}, (), "--name linear --installation 0190-a"),
    ],
)
def test_an_entry_is_written_again(name: str, value: dict[str, Any], more: tuple[str, ...], expected: str) -> None:
    (entry,) = read_entries(found("cursor", json.dumps({"mcpServers": {name: value}})))
    assert (
        add_command(entry._replace(doubt=None), *more).strip("`") == f"posthog-wizard mcp add cursor {expected}".strip()
    )


OWN = "http://localhost:8787/mcp"


@pytest.mark.parametrize(
    ("left", "url", "expected"),
    [
        (OWN, OWN, f" --mcp-url {OWN}"),
        (OWN, f"{OWN}?project_id=1", f" --mcp-url {OWN}"),
        (OWN, "https://evil.example/mcp", ""),
        (OWN, "https://mcp.posthog.com:[/mcp", ""),
        ("https://mcp.posthog.com/mcp", "https://mcp.posthog.com/mcp", ""),
    ],
)
def test_a_hosted_server_that_the_user_named_is_named_again(left: str, url: str, expected: str) -> None:
    (entry,) = read_entries(found("cursor", json.dumps({"mcpServers": {"posthog": {"url": url}}})))
    known = entry._replace(doubt=None, left={"url": left})
    assert add_command(known) == f"`posthog-wizard mcp add cursor{expected}`"


def test_a_stranger_s_address_is_not_recommended() -> None:
    (entry,) = read_entries(
        found("cursor", json.dumps({"mcpServers": {"x": program("--host", "http://evil.example")}}))
    )
    assert add_command(entry) == "`posthog-wizard mcp add cursor --name x --secret store`"


@pytest.mark.parametrize(
    ("base", "flag"),
    [
        ("https://us.posthog.com", ""),
        ("https://ph.example.com", " --host https://ph.example.com"),
        ("--sandbox", " --sandbox"),
    ],
)
def test_a_posthog_that_is_not_the_cloud_is_named(base: str, flag: str) -> None:
    assert host_flag(base) == flag


def twice(body: Body) -> None:
    body.put("cursor", HOSTED, scope="project")
    body.put("cursor", HOSTED, "posthog-eu", scope="project")


def no_key(body: Body) -> None:
    body.add("claude-code", key=EnvironmentReference("NOT_SET"), scope="project")


def several_keys(body: Body) -> None:
    body.add("cursor", key=Secret(KEY_TEXT), scope="project")
    body.add("claude-code", key=Secret(OTHER_KEY), scope="project")


def nothing_there(body: Body) -> None:
    body.named = ("zed",)


def marked(body: Body) -> None:
    body.text("cursor", "\ufeff{}", scope="project")


def broken(body: Body) -> None:
    body.text("cursor", '{"mcpServers": ', scope="project")


@pytest.mark.parametrize(
    ("seed", "check_id"),
    [
        (twice, "client.cursor.second"),
        (no_key, "client.claude-code.oauth"),
        (several_keys, "key.same"),
        (nothing_there, "client.zed.detected"),
        (broken, "client.cursor.config"),
        (marked, "client.cursor.config"),
    ],
)
def test_a_command_for_a_project_s_file_names_the_project(
    tmp_path: Path, seed: Callable[[Body], None], check_id: str
) -> None:
    body = Body(tmp_path)
    body.folder, body.scope = "home/project", "project"
    body.install("cursor", "claude-code")
    body.lay("home/project/.cursor/", "home/project/.mcp.json={}")
    seed(body)
    (fix,) = {check.fix for check in body.checks() if check.id == check_id}
    commands = re.findall("`posthog-wizard mcp [^`]+`", fix or "")
    assert commands
    assert [command for command in commands if "--scope project" not in command] == []


def test_no_command_names_the_host_or_the_profile_of_a_stranger_s_entry(tmp_path: Path) -> None:
    body = Body(tmp_path)
    body.folder, body.scope, body.rows = "home/project", "project", CHECKS
    body.install("cursor")
    body.lay("home/project/.cursor/")
    entry = program("--host", "https://evil.example", "--profile", "work")
    body.text("cursor", json.dumps({"mcpServers": {"posthog": entry}}), scope="project")
    fixes = {check.id: check.fix or "" for check in body.checks()}
    assert "posthog-wizard key set" in fixes["client.cursor.connection"]
    assert [fix for fix in fixes.values() if "evil" in fix or "--profile" in fix] == []


def test_a_client_with_many_keys_is_named_once_and_a_few_of_its_keys(tmp_path: Path) -> None:
    body = Body(tmp_path)
    body.install("cursor")
    keys = [f"Bearer phx_{number // 2:032}" for number in range(8)]
    entries = {f"p{at}": {**HOSTED, "headers": {"Authorization": key}} for at, key in enumerate(keys)}
    body.text("cursor", json.dumps({"mcpServers": entries}))
    (cause,) = {check.cause for check in body.checks() if check.id == "key.same"}
    assert (
        cause
        == "the entries hold 4 different keys: phx_…0000 in Cursor, phx_…0001 in Cursor, phx_…0002 in Cursor and 1 more"
    )


@pytest.mark.parametrize(("name", "words"), [("x; id", '"x; id"'), ("x`id`", "NAME")])
def test_what_a_stranger_called_an_entry_stays_a_word_of_a_client_s_own_command(
    name: str, words: str, public: Path
) -> None:
    body = Body(public)
    not_approved(body)
    path = body.root / "home/project/.qwen/settings.json"
    path.write_text(json.dumps({"mcpServers": {name: json.loads(path.read_text())["mcpServers"]["posthog"]}}))
    (told,) = [check.fix for check in body.checks() if check.id == "client.qwen-code.trust"]
    assert told == f"run `qwen mcp approve {words}` in that folder"


@pytest.mark.parametrize(
    ("value", "offered"),
    [
        ({"type": "http", "url": HOSTED["url"]}, True),
        ({"type": "http", "url": INSTALLED.replace("ph.example", "us.posthog")}, False),
        (program(), False),
    ],
)
def test_signing_in_is_advised_where_add_takes_it(tmp_path: Path, value: dict[str, Any], offered: bool) -> None:
    body = Body(tmp_path)
    body.install("claude-code")
    body.put("claude-code", {**value, "headers": {"Authorization": "Bearer "}})
    (fix,) = (check.fix or "" for check in body.checks() if check.id == "client.claude-code.oauth")
    assert ("with a key" in fix, "--oauth" in fix) == (True, offered)


@pytest.mark.parametrize(
    ("installation", "said", "fix"),
    [
        ("0190-a", "status 404: (status 404)", "`posthog-wizard mcp remove cursor --name linear`"),
        (
            "{0}",
            "Installation is disabled",
            'switch it on: `posthog-wizard mcp installations update "{0}" --project 7 --enable`',
        ),
    ],
)
def test_what_helps_an_installed_server_names_it(installation: str, said: str, fix: str) -> None:
    value = {"url": INSTALLED.replace("0190-a", installation), "headers": HOSTED["headers"]}
    (entry,) = read_entries(found("cursor", json.dumps({"mcpServers": {"linear": value}})))
    known = of_installation(entry, ProbeFailure("error", said, ""))
    assert known is not None
    assert known.fix("") == fix
