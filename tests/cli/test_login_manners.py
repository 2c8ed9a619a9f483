"""Signing in beside everything else: browsers, terminals, temporary installations, clients that only start programs."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.model import OperatingSystem
from posthog_wizard.sign_in.browser import has_browser
from tests.cli.test_key_commands import KEYS, OFFLINE, holders
from tests.cli.test_login import FILE, login
from tests.support.homes import entry, home
from tests.support.keyrings import WITH_KEYRING
from tests.support.leaks import leaks
from tests.support.machines import KEY, machine
from tests.support.people import Person, approving, asked_for
from tests.support.posthog import SandboxKey
from tests.support.posthog_core import posthog
from tests.support.program import run
from tests.support.terminal import ENTER, Terminal


@pytest.mark.parametrize(
    ("system", "environment", "there"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": ":10", "SSH_CONNECTION": "1 2 3 4"}, False),
        ("linux", {"WSL_DISTRO_NAME": "Debian"}, True),
        ("mac", {}, True),
        ("mac", {"SSH_TTY": "/dev/ttys1"}, False),
        ("windows", {}, True),
    ],
)
def test_where_a_browser_is(system: OperatingSystem, environment: dict[str, str], there: bool, tmp_path: Path) -> None:
    assert has_browser(machine(tmp_path, system, environment=environment)) == there


BROWSER = """#!/bin/sh
/usr/bin/env > {home}/browser.env
echo "$@" > {home}/browser.words
"""


@pytest.mark.parametrize(("flags", "opened"), [((), True), (("--no-browser",), False)])
def test_the_browser_gets_the_address_and_no_key(flags: tuple[str, ...], opened: bool, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    program = place / "a-browser"
    program.write_text(BROWSER.format(home=place))
    program.chmod(0o755)
    surrounding = {"BROWSER": str(program), "POSTHOG_PERSONAL_API_KEY": KEY, "POSTHOG_API_KEY": KEY}
    with posthog() as server, approving(server):
        done = login(place, "--host", server.url, *FILE, *flags, "--json", **surrounding)
        assert done.code == 0, done.err
    time.sleep(1)
    words = place / "browser.words"
    assert words.exists() == opened
    assert not opened or words.read_text().startswith(f"{server.url}/cli/authorize?code=")
    assert not opened or leaks((place / "browser.env").read_bytes(), (KEY,)) == []


def test_no_key_is_in_what_is_said(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    said = []
    with posthog() as server:
        with approving(server):
            said.append(login(place, "--host", server.url, *FILE))
        key = str(json.loads((place / KEYS).read_text())["keys"]["default"]["key"])
        said += [
            run(words, place)
            for words in (
                ["key", "show"],
                ["key", "show", "--json"],
                ["mcp", "add", "cursor", "--secret", "store", "--host", server.url],
            )
        ]
        addresses = [f"{request.path}?{request.query}" for request in server.requests]
        said.append(run(["logout", "-y"], place))
    assert [result.code for result in said] == [0] * 5
    assert leaks("".join(result.out + result.err for result in said).encode(), (key,)) == []
    assert leaks(" ".join(addresses).encode(), (key,)) == []
    assert leaks((place / ".cursor/mcp.json").read_bytes(), (key,)) == []
    assert holders(place, key) == []


def test_two_at_once_each_get_their_own(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server, ThreadPoolExecutor(2) as pool, Person(server.url, server.sandbox) as person:
        waiting = [
            pool.submit(run, ["login", "--host", server.url, *FILE, "--profile", name, "--json"], place, process=True)
            for name in ("one", "two")
        ]
        assert [person.approves(code).status_code for code in asked_for(server.sandbox, 2)] == [200, 200]
        assert [one.result().code for one in waiting] == [0, 0]
    kept = json.loads((place / KEYS).read_text())["keys"]
    assert (sorted(kept), kept["one"]["key"] != kept["two"]["key"]) == (["one", "two"], True)


# ------------------------------------------------------------------ `mcp add`


def test_on_a_terminal_signing_in_is_the_first_choice(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    words = ["mcp", "add", "--host", "{url}", "--read-only"]
    with (
        posthog() as server,
        approving(server),
        Terminal([word.format(url=server.url) for word in words], place) as person,
    ):
        person.reads("How should PostHog know you?").reads("Sign in with the browser, recommended").types(ENTER)
        person.reads("There is no keyring here").types("y").reads("signed in: the key `CLI - App")
        person.reads("Change 1 file?").types("y").reads("added")
    assert (person.code, holders(place, "phx_sandbox_")) == (0, [KEYS])
    assert "--read-only" in entry(place, "cursor")["args"]


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        ((), 2, "`uv tool install posthog-wizard`"),
        (("--secret", "inline", "--mcp-url", "http://127.0.0.1:9/mcp"), 0, ""),
    ],
)
def test_from_a_temporary_installation_entries_could_not_start_us(
    flags: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server, approving(server):
        done = run(["mcp", "add", "--login", "--host", server.url, *flags], place, **TEMPORARY, **WITH_KEYRING)
        assert (done.code, words in done.err, bool(server.lines)) == (code, True, code == 0), done.err


TEMPORARY: dict[str, Any] = {"TMPDIR": "/"}  # everything is below a temporary folder


def test_clients_that_only_start_programs_use_the_stored_sign_in(tmp_path: Path) -> None:
    place = home(tmp_path, "claude-desktop", "cursor")
    without = run(["mcp", "add", "--oauth", "--json"], place)
    assert without.outcomes == {"claude-desktop": "skipped", "cursor": "added"}
    assert "`posthog-wizard login`" in without.rows["claude-desktop"]["hint"]
    run(["key", "set", *OFFLINE, "--api-key-stdin", *FILE], place, KEY)
    with_it = run(["mcp", "add", "--oauth", "--json"], place)
    assert with_it.outcomes == {"claude-desktop": "added", "cursor": "unchanged"}, with_it.err
    added = entry(place, "claude-desktop")
    assert (added["args"], "env" in added) == (["mcp", "bridge", "--url", "https://mcp.posthog.com/mcp"], False)


def test_and_that_of_the_profile_that_is_named(tmp_path: Path) -> None:
    place = home(tmp_path, "claude-desktop", "cursor")
    run(["key", "set", *OFFLINE, "--api-key-stdin", *FILE, "--profile", "work"], place, KEY)
    done = run(["mcp", "add", "--oauth", "--profile", "work", "--json"], place)
    assert done.outcomes == {"claude-desktop": "added", "cursor": "added"}, done.err
    assert entry(place, "claude-desktop")["args"][-2:] == ["--profile", "work"]


@pytest.mark.parametrize("answer", ["y", "n"])
def test_a_terminal_offers_the_sign_in_for_them(answer: str, tmp_path: Path) -> None:
    place = home(tmp_path, "claude-desktop")
    with (
        posthog(SandboxKey(KEY)),
        Terminal(["mcp", "add", "claude-desktop", "--oauth", "--region", "us"], place) as person,
    ):
        person.reads("Claude Desktop cannot sign in by itself.").types(answer)
        person.answers(*{"y": [("There is no keyring here", "n")], "n": [("What may agents do", ENTER)]}[answer])
    assert person.code == {"y": 130, "n": 2}[answer]
