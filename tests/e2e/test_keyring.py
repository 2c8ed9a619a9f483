"""The real Secret Service: gnome-keyring on a private session bus, unlocked, locked, and not there at all."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import home
from tests.support.machines import KEY
from tests.support.mcp_process import INFO, wait_for
from tests.support.posthog import SandboxKey
from tests.support.program import OTHER_KEY, files
from tests.support.secret_service import LOCKED, UNLOCKED, in_session, wizard
from tests.support.serving import instance

pytestmark = pytest.mark.e2e
SCOPES = ("user:read", "organization:read", "project:read", "dashboard:read")
LIST = {"name": "dashboards-get-all", "arguments": {}}


def keys(place: Path) -> None:
    """Two files from which keys are read."""
    (place / "old.txt").write_text(KEY)
    (place / "new.txt").write_text(OTHER_KEY)


def holders(place: Path, value: str) -> set[str]:
    """Every file below the home that holds the key."""
    return {path.name for path in files(place) if value.encode() in path.read_bytes()}


def told(done: subprocess.CompletedProcess[str]) -> tuple[int, list[Any]]:
    """The exit code and the documents that were printed."""
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def speech(number: int, method: str, **params: Any) -> str:
    """A message to a server, as a shell prints it."""
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


HELLO = speech(0, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=INFO)
READY = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})


def test_a_key_is_set_shown_served_rotated_and_forgotten(tmp_path: Path) -> None:
    """And the server that reads it takes the new key up while it runs."""
    place = home(tmp_path, "cursor")
    keys(place)
    (place / "out").touch()
    with instance(SandboxKey(KEY, SCOPES), SandboxKey(OTHER_KEY, SCOPES)) as server:
        first = in_session(
            place,
            UNLOCKED,
            wizard("key", "set", "--api-key-file", "old.txt", "--host", server.url, "--json"),
            wizard("key", "show", "--json"),
        )
        code, (made, shown) = told(first)
        assert (code, made["profiles"][0]["store"]) == (0, "keyring"), first.stderr
        row = shown["profiles"][0]
        assert (row["state"], row["masked"], row["store"]) == ("valid", "phx_…Jt0B", "keyring")
        assert holders(place, KEY) == {"old.txt"}

        with ThreadPoolExecutor() as pool:
            session = pool.submit(
                in_session,
                place,
                UNLOCKED,  # another session: the key lives in the login keyring, which this opens again
                "mkfifo speech",
                f"{wizard('mcp', 'serve', after={'<': 'speech', '>': 'out'})} &",
                "exec 3>speech",
                f"printf '%s\\n' '{HELLO}' '{READY}' '{speech(1, 'tools/call', **LIST)}' >&3",
                "until grep -q '\"id\":1' out; do sleep 0.1; done",
                wizard("key", "rotate", "--api-key-file", "new.txt", after={"2>": "rotated"}),
                "touch done; until [ -e deleted ]; do sleep 0.1; done",
                f"printf '%s\\n' '{speech(2, 'tools/call', **LIST)}' >&3",
                "until grep -q '\"id\":2' out; do sleep 0.1; done",
                "exec 3>&-",
                "wait",
                wizard("key", "show", "--json"),
            )
            wait_for(lambda: (place / "done").exists() or session.done(), 60)
            server.know(SandboxKey(OTHER_KEY, SCOPES))
            (place / "deleted").touch()
            second = session.result()
        assert second.returncode == 0, second.stderr
        answers = {one["id"]: one["result"] for one in map(json.loads, (place / "out").read_text().splitlines())}
        assert [answers[number].get("isError", False) for number in (1, 2)] == [False, False]
        used = [one.headers.get("authorization") for one in server.requests]
        assert (used[0], used[-1]) == (f"Bearer {KEY}", f"Bearer {OTHER_KEY}")
        assert "delete the old key phx_…Jt0B" in (place / "rotated").read_text()
        assert json.loads(second.stdout.splitlines()[-1])["profiles"][0]["masked"] == "phx_…i6Bo"

        third = in_session(place, UNLOCKED, wizard("key", "forget"), wizard("key", "show", "--json"))
        assert (third.returncode, json.loads(third.stdout.splitlines()[-1])["profiles"]) == (0, [])
    assert [holders(place, key) for key in (KEY, OTHER_KEY)] == [{"old.txt"}, {"new.txt"}]


@pytest.mark.parametrize(
    ("service", "arguments", "words"),
    [
        (LOCKED, ("mcp", "tools"), "the keyring is locked, and was not unlocked"),
        (LOCKED, ("key", "forget"), "the keyring is locked, and was not unlocked"),
        (LOCKED, ("key", "rotate", "--no-verify", "--api-key-file", "new.txt"), "the keyring is locked, and was not unlocked"),
        (LOCKED, ("key", "set", "--no-verify", "--region", "us", "--api-key-file", "new.txt"), "the keyring is locked"),
        ("export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", ("mcp", "tools"), "there is no keyring on this machine"),
        ("export DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere", ("key", "set", "--no-verify", "--region", "us", "--api-key-file", "new.txt", "--profile", "x"), "there is no keyring on this machine"),
    ],
)  # fmt: skip
def test_a_keyring_that_is_locked_or_not_there_is_named_and_no_other_store_used(
    service: str, arguments: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    keys(place)
    made = in_session(
        place, UNLOCKED, wizard("key", "set", "--no-verify", "--region", "us", "--api-key-file", "old.txt")
    )
    assert made.returncode == 0, made.stderr
    before = (place / ".config/posthog-wizard/config.toml").read_bytes()
    done = in_session(place, service, wizard(*arguments))
    assert done.returncode in {1, 2}
    assert words in done.stderr
    assert "--store file" in done.stderr
    assert (place / ".config/posthog-wizard/config.toml").read_bytes() == before
    assert [holders(place, key) for key in (KEY, OTHER_KEY)] == [{"old.txt"}, {"new.txt"}]
    again = in_session(place, UNLOCKED, wizard("key", "show", "--json"), HTTPS_PROXY="http://127.0.0.1:1")
    assert json.loads(again.stdout)["profiles"][0]["masked"] == "phx_…Jt0B"


def test_a_server_starts_with_a_locked_keyring_and_says_so(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    keys(place)
    in_session(place, UNLOCKED, wizard("key", "set", "--no-verify", "--region", "us", "--api-key-file", "old.txt"))
    (place / "speech").write_text("\n".join([HELLO, READY, speech(1, "tools/call", **LIST), ""]))
    done = in_session(
        place,
        LOCKED,
        f"(cat speech; until grep -q '\"id\":1' out; do sleep 0.1; done) | {wizard('mcp', 'serve', after={'>': 'out'})}",
    )
    assert done.returncode == 0, done.stderr
    answers = {one["id"]: one["result"] for one in map(json.loads, (place / "out").read_text().splitlines())}
    assert answers[1]["isError"]
    assert "the keyring is locked, and was not unlocked" in answers[1]["content"][0]["text"]


BUS = "$XDG_RUNTIME_DIR/bus"
ON_THE_USUAL_BUS = "\n".join(  # as systemd's user session has it
    (
        f'dbus-daemon --session --nofork --nopidfile --address=unix:path={BUS} >/dev/null 2>&1 & trap "kill $!" EXIT',
        f"until [ -S {BUS} ]; do sleep 0.1; done; export DBUS_SESSION_BUS_ADDRESS=unix:path={BUS}",
        UNLOCKED,
    )
)


def test_the_keyring_is_found_with_what_clients_hand_over(tmp_path: Path) -> None:
    """HOME, PATH and XDG_RUNTIME_DIR, as the SDKs of several clients, cron and ssh have it; without a bus; with an old one."""
    place = home(tmp_path, "cursor")
    keys(place)
    done = in_session(
        place,
        ON_THE_USUAL_BUS,
        wizard("key", "set", "--no-verify", "--region", "us", "--api-key-file", "old.txt"),
        f"DBUS_SESSION_BUS_ADDRESS=unix:path=$PWD/ended,guid=1 {wizard('key', 'show', '--json')}",
        "unset DBUS_SESSION_BUS_ADDRESS",
        wizard("key", "show", "--json"),
        "mkdir empty",
        f"XDG_RUNTIME_DIR=$PWD/empty {wizard('mcp', 'tools')} && exit 1 || true",
        "XDG_RUNTIME_DIR=$PWD/empty DBUS_SESSION_BUS_ADDRESS='${DBUS_SESSION_BUS_ADDRESS}'"
        f" {wizard('mcp', 'tools')} && exit 1 || true",
        HTTPS_PROXY="http://127.0.0.1:1",
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["profiles"][0]["masked"] for line in done.stdout.splitlines()[1:]] == ["phx_…Jt0B"] * 2
    assert done.stderr.count("no session bus was named, and none is in its usual place") == 2
    assert "--store file" in done.stderr
