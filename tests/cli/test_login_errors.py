"""What can go wrong while somebody signs in by a code: each says what happened and what to do, and leaves nothing half."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_key_commands import KEYS, OFFLINE, holders, row
from tests.cli.test_login import FILE, login
from tests.support.homes import FILES, home
from tests.support.keyrings import ABSENT, FORGETFUL, LOCKED
from tests.support.machines import KEY, lay
from tests.support.people import approving
from tests.support.posthog import Reply, SandboxKey, failure, not_found, redirect, throttled, web_page
from tests.support.posthog_core import posthog
from tests.support.program import run
from tests.support.terminal import CONTROL_C, DOWN, ENTER, Terminal

ASK, POLL = "/api/cli-auth/device-code/", "/api/cli-auth/poll/"
LIST_PAGE = "/settings/user-api-keys"
EXPIRED = Reply(400, {"status": "expired", "error": "expired_token", "error_description": "Device code expired"})


def code(**changes: Any) -> Reply:
    """The answer to the first question."""
    page = "http://127.0.0.1:9/cli/authorize"
    usual = {"device_code": "d" * 43, "user_code": "ABCD-1234", "verification_uri_complete": page, "expires_in": 600}
    return Reply(200, {**usual, "interval": 1, **changes})


def granted(**changes: Any) -> Reply:
    usual = {
        "status": "authorized",
        "personal_api_key": KEY,
        "label": "CLI - App",
        "project_id": "2",
        "scopes": ["user:read"],
    }
    return Reply(200, {**usual, **changes})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (not_found(), ("has no sign-in by the browser", "hint: make a key at ", "key set --host ")),
        (Reply(405), ("has no sign-in by the browser",)),
        (throttled(7), ("asked for too many codes", "in 7 seconds")),
        (failure(503), ("failed with status 503",)),
        (web_page(), ("does not answer like PostHog",)),
        (Reply(200, {}), ("does not answer like PostHog",)),
        (Reply(200, ["d"]), ("does not answer like PostHog",)),
        (code(user_code="\x1b[31mABCD"), ("does not answer like PostHog",)),
        (code(verification_uri_complete="https://evil.example/cli"), ("on another host, `evil.example`", "not opened")),
        (code(verification_uri_complete="http://[::1"), ("on another host",)),
        (Reply(200, b"x" * 300_000), ("larger than 256 kB",)),
        (redirect("https://127.0.0.1:9/api/cli-auth/device-code/", 301), ("redirects to", "not followed")),
        (redirect("https://evil.example/", 307), ("on another host", "not followed")),
        (Reply(hang_up=True), ("cannot be reached",)),
    ],
)
def test_no_code_is_to_be_had(answer: Reply, words: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        server.will_answer("POST", ASK, answer)
        done = login(place, "--host", server.url, *FILE)
        assert (done.code, server.lines) == (1, [f"POST {ASK}"])
    assert [word for word in words if word not in done.err] == [], done.err
    assert not (place / ".config/posthog-wizard/config.toml").exists()


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ((EXPIRED,), ("the code is no longer valid",)),
        ((Reply(202, {"status": "pending"}), EXPIRED), ("the code is no longer valid",)),
        ((Reply(hang_up=True), EXPIRED), ("was lost on its way", "delete the newest key", LIST_PAGE)),
        ((failure(502), EXPIRED), ("was lost on its way",)),
        ((granted(personal_api_key=None),), ("gave no personal API key", "delete the key `CLI - App`")),
        ((granted(personal_api_key="phc_project"),), ("gave no personal API key",)),
        ((granted(personal_api_key="phx_a b", label=""),), ("delete the newest key",)),
        ((Reply(400, {"error": "invalid_request"}),), ("rejected POST",)),
        ((redirect("https://evil.example/"),), ("not followed",)),
        ((Reply(200, b"[" * 300_000),), ("larger than",)),
    ],
)
def test_no_key_arrives(answers: tuple[Reply, ...], words: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        server.will_answer("POST", ASK, code()).will_answer("POST", POLL, *answers)
        done = login(place, "--host", server.url, *FILE)
    assert done.code == 1
    assert [word for word in words if word not in done.err] == [], done.err
    assert holders(place, "phx_") == []


@pytest.mark.parametrize("passing", [throttled(1), failure(500), failure(503), Reply(hang_up=True)])
def test_what_passes_is_sat_out(passing: Reply, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(SandboxKey(KEY, ("user:read", "project:read"), teams=(2,))) as server:
        server.will_answer("POST", ASK, code()).will_answer("POST", POLL, passing, granted())
        assert login(place, "--host", server.url, *FILE, "--json").document["key"]["state"] == "valid"


@pytest.mark.parametrize(("seconds", "flags"), [(1, ()), (600, ("--timeout", "1"))])
def test_nobody_approves_in_time(seconds: int, flags: tuple[str, ...], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(strict=False) as server:
        server.will_answer("POST", ASK, code(expires_in=seconds))
        done = login(place, "--host", server.url, *FILE, *flags)
    assert (done.code, "nobody approved the code `ABCD-1234`" in done.err) == (1, True), done.err


@pytest.mark.parametrize(
    ("bent", "suffix"),
    [
        ("https://127.0.0.1/cli/authorize", ""),
        ("http://localhost:8000/cli/authorize", ""),
        ("http://127.0.0.1/x", ""),
        ("/cli/authorize", ""),
        (None, ""),
    ],
)
def test_a_page_that_a_proxy_has_bent_is_shown_on_the_host_that_was_named(
    bent: str | None, suffix: str, tmp_path: Path
) -> None:
    with posthog() as server:
        server.will_answer("POST", ASK, code(verification_uri_complete=bent)).will_answer("POST", POLL, EXPIRED)
        done = login(home(tmp_path, "cursor"), "--host", server.url, *FILE)
    assert f"sign in at {server.url}{suffix}/cli/authorize?code=ABCD-1234&use_cases=agent-cli\n" in done.err


@pytest.mark.parametrize(
    ("environment", "flags", "code_", "words"),
    [
        ({}, (), 2, "`--store file` keeps the key"),
        (ABSENT, (), 2, "`--store file` keeps the key"),
        (LOCKED, ("--store", "keyring"), 1, "the keyring is locked"),
        (FORGETFUL, ("--store", "keyring"), 1, ""),
    ],
)
def test_a_store_is_proved_before_a_code_is_asked_for(
    environment: dict[str, Any], flags: tuple[str, ...], code_: int, words: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        done = login(place, "--host", server.url, *flags, **environment)
        assert (done.code, words in done.err, server.lines) == (code_, True, []), done.err


def test_a_store_that_fails_when_the_key_is_there_says_where_to_delete_it(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    file = place / KEYS
    with posthog() as server, approving(server, meanwhile=file.mkdir):
        done = login(place, "--host", server.url, *FILE)
    assert (done.code, "hint: delete the key `CLI - App - " in done.err, f"at {server.url}{LIST_PAGE}" in done.err) == (
        1,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("flags", "fields", "words"),
    [
        (("--project", "1"), {}, "project 2 was chosen in the browser, not project 1"),
        (("--read-only",), {}, "more than reading was granted: `"),
    ],
)
def test_something_else_than_wished_is_kept_only_where_there_was_nothing(
    flags: tuple[str, ...], fields: dict[str, str], words: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        with approving(server, **fields):
            done = login(place, "--host", server.url, *FILE, *flags, "--json")
        assert (done.code, words in done.document["error"]["message"]) == (1, True)
        first = holders(place, "phx_sandbox_")
        kept = (place / KEYS).read_bytes()
        with approving(server, **fields):
            done = login(place, "--host", server.url, *FILE, *flags, "-y")
        assert (done.code, first, (place / KEYS).read_bytes()) == (1, [KEYS], kept)
        assert "what you had stays, so delete the key `CLI - " in done.err


@pytest.mark.parametrize(
    ("preset", "missing"), [("error_tracking", "`insight:write`"), ("read-only", "`dashboard:write`")]
)
def test_what_was_not_granted_is_told_tool_by_tool(preset: str, missing: str, tmp_path: Path) -> None:
    with posthog() as server, approving(server, preset=preset):
        done = login(home(tmp_path, "cursor"), "--host", server.url, *FILE)
    assert (done.code, f"without {missing} these do not work: " in done.err, "preset=mcp_server" in done.err) == (
        0,
        True,
        True,
    )


def test_another_key_is_replaced_when_the_new_one_is_there_and_copies_follow(tmp_path: Path) -> None:
    scopes = ("user:read", "organization:read", "project:read")
    with posthog(SandboxKey(KEY, scopes, label="By hand")) as server:
        bundled = {"command": "posthog-wizard", "args": ["mcp", "serve", "--host", server.url]}
        place = home(
            tmp_path,
            cursor=json.dumps(
                {"mcpServers": {"posthog": {**bundled, "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"}}}}
            ),
        )
        run(["key", "set", "--host", server.url, "--api-key-stdin", *FILE], place, KEY)
        refused = login(place, "--host", server.url)
        assert (refused.code, "replace it with `-y`" in refused.err) == (2, True)
        with approving(server):
            done = login(place, "-y")
        assert done.code == 0, done.err
        assert holders(place, KEY) == []
        assert sorted(holders(place, "phx_sandbox_")) == sorted([KEYS, FILES["cursor"]])
        assert f"delete the old key {KEY[:4]}…{KEY[-4:]} (`By hand`) at {server.url}{LIST_PAGE}\n" in done.err


@pytest.mark.parametrize(("flags", "words"), [((), "--region us"), (("--profile", "work"), "--region us")])
def test_without_a_terminal_the_region_has_to_be_said(flags: tuple[str, ...], words: str, tmp_path: Path) -> None:
    done = login(home(tmp_path, "cursor"), *flags, *FILE)
    assert (done.code, words in done.err) == (2, True)


def test_no_input_is_content_with_a_good_sign_in_and_with_nothing_else(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert login(place, "--host", server.url, "--no-input").code == 2
        with approving(server):
            login(place, "--host", server.url, *FILE)
        done = login(place, "--no-input", "--json")
        assert (done.code, done.document["way"], done.document["key"]["state"]) == (0, "device", "valid")
        assert server.lines.count(f"POST {ASK}") == 1
    assert login(place, "--no-input").code == 2


def test_control_c_while_it_waits(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server, Terminal(["login", "--host", server.url, *FILE], place) as person:
        person.reads("approve if it shows the code").types(CONTROL_C)
    assert (person.code, "nothing was stored" in person.text) == (130, True), person.text
    assert holders(place, "phx_") == []


def test_on_a_terminal_the_region_is_asked_for_and_an_old_key_is_not_replaced_by_enter(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    run(["key", "set", *OFFLINE, "--api-key-stdin", *FILE], place, KEY)
    with Terminal(["login", "--profile", "new", *FILE], place) as person:
        person.reads("Where is your PostHog?").types(DOWN, DOWN, ENTER).reads("Its address:").types(CONTROL_C)
    assert person.code == 130
    with Terminal(["login", *FILE], place) as person:
        person.reads("Replace it when you have signed in?").types(ENTER)
    assert (person.code, holders(place, KEY)) == (130, [KEYS])


def test_posthog_s_own_cli_is_offered_and_nothing_is_taken_silently(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(SandboxKey(KEY, ("user:read", "project:read"))) as server:
        theirs = place / ".posthog/credentials.json"
        theirs.parent.mkdir()
        theirs.write_text(json.dumps({"host": server.url, "token": KEY, "env_id": "2"}))
        with Terminal(["login", "--host", server.url, *FILE], place) as person:
            person.reads("PostHog's own CLI is signed in to").types("y").reads("is signed in to")
        assert (person.code, sorted(holders(place, KEY))) == (0, sorted([KEYS, ".posthog/credentials.json"]))
        assert row(run(["key", "show", "--json"], place))["state"] == "valid"


@pytest.mark.parametrize("flags", [("--read-only",), ("--project", "2")])
def test_a_key_of_posthog_s_own_cli_is_not_offered_where_limits_are_asked_for(
    flags: tuple[str, ...], tmp_path: Path
) -> None:
    """It may be one for everything: the error would tell of a choice in the browser, and to delete a key that is in use."""
    place = home(tmp_path, "cursor")
    with posthog() as server:
        lay(place, ".posthog/credentials.json=" + json.dumps({"host": server.url, "token": KEY, "env_id": "2"}))
        with Terminal(["login", "--host", server.url, *FILE, *flags], place) as person:
            person.reads("approve if it shows the code").types(CONTROL_C)
    assert (person.code, "own CLI" in person.text) == (130, False)
