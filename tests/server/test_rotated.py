"""A running server and the key store: a rotated key, a store that cannot be read yet, a key that is bound elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.keyrings import LOCKED
from tests.support.mcp_process import Program
from tests.support.posthog import SandboxKey
from tests.support.posthog_tools import said
from tests.support.serving import instance

OLD, NEW = "phx_old0123456789abcdefghijklmnopqrstuv", "phx_new0123456789abcdefghijklmnopqrstuv"
LIST, CREATE = "dashboards-get-all", "dashboard-create"


def folder(home: Path) -> Path:
    """Where profiles and keys are."""
    return home / ".config/posthog-wizard"


def keep(home: Path, host: str, key: str, reference: str = "file-store:default", more: str = "") -> None:
    """A profile, and its key in the key file, as `key set` and `key rotate` write them."""
    folder(home).mkdir(parents=True, exist_ok=True)
    (folder(home) / "config.toml").write_text(f'[profiles.default]\nhost = "{host}"\nkey = "{reference}"\n{more}')
    path = folder(home) / "keys.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"version": 1, "keys": {"default": {"host": host, "key": key}}}))


def serving(home: Path, *flags: str, **environment: str) -> Program:
    """`mcp serve` without a key in its environment."""
    return Program(*flags, home=home, key=None, environment=environment)


def ended(program: Program) -> str:
    """All that it still says, when its client has gone."""
    program.stdin.close()
    program.ended()
    return "".join(program.last_words())


# ------------------------------------------------------------------ a rotated key


@pytest.mark.parametrize("flags", [(), ("--profile", "default")])
def test_a_rotated_key_is_taken_up_with_the_next_call(flags: tuple[str, ...], tmp_path: Path) -> None:
    with instance(SandboxKey(OLD)) as server:
        keep(tmp_path, server.url, OLD)
        with serving(tmp_path, *flags) as program:
            program.initialize()
            assert said(program.call(1, LIST))["count"] == 2
            server.know(SandboxKey(NEW))
            keep(tmp_path, server.url, NEW)
            before = len(server.requests)
            assert said(program.call(2, CREATE, name="Made once"))["name"] == "Made once"
            made = [one.method for one in server.requests[before:] if one.method == "POST"]
            assert made == ["POST", "POST"]  # the first was turned away before anything was done
            assert said(program.call(3, LIST))["count"] == 3
            assert "phx_" not in ended(program)


def test_a_key_that_was_not_rotated_is_refused_once_and_said(tmp_path: Path) -> None:
    with instance(SandboxKey(OLD)) as server:
        keep(tmp_path, server.url, OLD)
        with serving(tmp_path) as program:
            program.initialize()
            program.call(1, LIST)
            server.know(SandboxKey(NEW))
            before = len(server.requests)
            assert "Error" in program.call(2, LIST)
            assert len(server.requests) == before + 1
            keep(tmp_path, server.url, NEW)
            assert said(program.call(3, LIST))["count"] == 2


def test_a_store_that_cannot_be_read_after_a_401_leaves_the_refusal(tmp_path: Path) -> None:
    with instance(SandboxKey(OLD)) as server:
        keep(tmp_path, server.url, OLD)
        with serving(tmp_path) as program:
            program.initialize()
            program.call(1, LIST)
            server.know(SandboxKey(NEW))
            (folder(tmp_path) / "keys.json").chmod(0o644)
            assert "Error" in program.call(2, LIST)
            assert "could not be read again" in ended(program)


# ------------------------------------------------------------------ a store that cannot be read yet


def locked(home: Path, host: str) -> None:
    keep(home, host, OLD, "keyring:default")


def absent(home: Path, host: str) -> None:
    """No profile at all."""


def without_file(home: Path, host: str) -> None:
    keep(home, host, OLD)
    (folder(home) / "keys.json").unlink()


def corrupt(home: Path, host: str) -> None:
    folder(home).mkdir(parents=True)
    (folder(home) / "config.toml").write_text("[profiles.default\n")


def failing(home: Path, host: str) -> None:
    keep(home, host, OLD, "command:false")


def wrong_tool(home: Path, host: str) -> None:
    keep(home, host, OLD, more='tools = ["no-such-tool"]\n')


def project_key(home: Path, host: str) -> None:
    keep(home, host, "phc_0123456789abcdefghijklmnop")


@pytest.mark.parametrize(
    ("before", "words"),
    [
        (locked, ("the keyring is locked, and was not unlocked", "unlock it and try again")),
        (absent, ("this server has no PostHog key", "posthog-wizard key set")),
        (without_file, ("keys.json` holds no key for the profile `default`", "posthog-wizard key set")),
        (corrupt, ("config.toml:1:18: the profiles are no TOML", "repair that file")),
        (failing, ("the command `false …` failed (exit code 1)", "run it by hand")),
        (wrong_tool, ("no-such-tool",)),
        (project_key, ("this is a project API key",)),
    ],
)
def test_it_starts_says_why_there_is_no_key_and_tries_again(
    before: Callable[[Path, str], None], words: tuple[str, ...], tmp_path: Path
) -> None:
    with instance(SandboxKey(OLD)) as server:
        before(tmp_path, server.url)
        with serving(tmp_path, "--host", server.url, **LOCKED) as program:
            program.initialize()
            program.request(1, "tools/list")
            answers = [program.call(2, LIST), program.call(3, LIST)]
            assert [[word for word in words if word not in answer] for answer in answers] == [[], []], answers
            assert server.requests == []
            keep(tmp_path, server.url, OLD)
            assert said(program.call(4, LIST))["count"] == 2


def test_a_limit_of_the_profile_holds(tmp_path: Path) -> None:
    with instance(SandboxKey(OLD)) as server:
        keep(tmp_path, server.url, OLD, more='read_only = true\nproject = 3\nfeatures = ["dashboards"]\n')
        with serving(tmp_path) as program:
            program.initialize()
            names = [tool["name"] for tool in program.request(1, "tools/list")["result"]["tools"]]
            assert names == ["dashboard-get", "dashboards-get-all"]
            assert said(program.call(2, LIST))["project"] == 3
            assert "read-only" in program.call(3, CREATE, name="x")


def test_a_stored_key_is_not_sent_to_another_host(tmp_path: Path) -> None:
    with instance(SandboxKey(OLD)) as server:
        keep(tmp_path, "https://us.posthog.com", OLD)
        with serving(tmp_path, "--host", server.url) as program:
            program.initialize()
            assert f"is for `https://us.posthog.com`, and is not sent to `{server.url}`" in program.call(1, LIST)
        assert server.requests == []
