"""Where the key comes from, what it is, and whether a PostHog on loopback accepts it; no file is touched before that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.homes import contents, entry, home
from tests.support.machines import KEY
from tests.support.network import Authority, Proxy
from tests.support.posthog import PostHog, Reply, SandboxKey, failure, no_key, not_found, throttled, web_page
from tests.support.posthog_core import FIRST, posthog
from tests.support.program import OTHER_KEY, PROJECT_KEY, Result, run

CURRENT, ME = "/api/personal_api_keys/@current", "/api/users/@me/"
SCOPES = ("user:read", "organization:read", "project:read", "query:read")
PAGE = "https://eu.posthog.com/settings/user-api-keys?preset=mcp_server"
UNTOUCHED = {".cursor/mcp.json": b'{\n  "mcpServers": {}\n}\n'}


def start(root: Path) -> Path:
    """A home with Cursor in it."""
    return home(root, cursor=UNTOUCHED[".cursor/mcp.json"].decode())


def check(place: Path, server: PostHog, key: str = KEY, *arguments: str) -> Result:
    """`mcp add --json` with that key, asked of that PostHog."""
    return run(["mcp", "add", "--json", "--api-key-stdin", "--host", server.url, *arguments], place, key)


# ------------------------------------------------------------------ sources


@pytest.mark.parametrize(
    ("arguments", "stdin", "environment", "source", "key"),
    [
        (("--api-key", KEY), "", {}, "flag", KEY),
        ((f"--api-key={KEY}",), "", {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY}, "flag", KEY),
        (("--api-key-stdin",), f"  {KEY}\r\n", {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY}, "stdin", KEY),
        (("--api-key-stdin",), f"\ufeff'Bearer {KEY}'", {}, "stdin", KEY),
        (("--api-key-file", "key.txt"), "", {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY}, "file", KEY),
        (("--api-key-file", "~/key.txt"), "", {}, "file", KEY),
        (("--api-key-file", "powershell.txt"), "", {}, "file", KEY),
        ((), "", {"POSTHOG_PERSONAL_API_KEY": KEY, "POSTHOG_API_KEY": OTHER_KEY}, "env", KEY),
        ((), "", {"POSTHOG_API_KEY": KEY}, "env", KEY),
        ((), "", {"POSTHOG_PERSONAL_API_KEY": " ", "POSTHOG_API_KEY": KEY}, "env", KEY),
        ((), OTHER_KEY, {"POSTHOG_PERSONAL_API_KEY": KEY}, "env", KEY),  # stdin is read only when asked to
    ],
)
def test_where_the_key_comes_from(
    arguments: tuple[str, ...], stdin: str, environment: dict[str, Any], source: str, key: str, tmp_path: Path
) -> None:
    place = start(tmp_path)
    (place / "key.txt").write_text(f"{KEY}\n")
    (place / "powershell.txt").write_text(f"{KEY}\r\n", encoding="utf-16")
    result = run(["mcp", "add", "--no-verify", "--json", *arguments], place, stdin, **environment)
    assert (result.code, result.document["key"]["source"]) == (0, source)
    assert entry(place, "cursor")["headers"]["Authorization"] == f"Bearer {key}"
    assert ("shell history" in result.err) == (source == "flag")


def test_a_project_key_in_the_environment_is_passed_over_with_a_note(tmp_path: Path) -> None:
    place = start(tmp_path)
    result = run(["mcp", "add", "--no-verify", "--json"], place, POSTHOG_API_KEY=PROJECT_KEY)
    assert (result.code, result.document["error"]["code"]) == (2, "missing_input")
    assert "POSTHOG_API_KEY holds a project key (phc_)" in result.err
    assert contents(place) == UNTOUCHED


@pytest.mark.parametrize("flag", [("--no-input",), ("--yes",), ("--json",), ()])
def test_without_a_key_and_a_person_it_is_said_which_flag_is_missing(flag: tuple[str, ...], tmp_path: Path) -> None:
    place = start(tmp_path)
    result = run(["mcp", "add", *flag], place)
    assert result.code == 2
    assert "--api-key-stdin" in result.out + result.err
    assert contents(place) == UNTOUCHED


def test_signing_in_by_itself_is_offered_where_a_client_can(tmp_path: Path) -> None:
    """For our own server it is refused."""
    place = start(tmp_path)
    assert "or use `--oauth`" in run(["mcp", "add", "--no-input"], place).err
    assert "--oauth" not in run(["mcp", "add", "--no-input", "--host", "https://posthog.example.com"], place).err


# ------------------------------------------------------------------ what is no personal key


@pytest.mark.parametrize(
    ("key", "sentence", "hint"),
    [
        (PROJECT_KEY, "project API key (`phc_`)", PAGE),
        (f"phs_{KEY[4:]}", "project secret key (`phs_`)", PAGE),
        (f"pha_{KEY[4:]}", "OAuth access token (`pha_`)", PAGE),
        ("phx_...Jt0B", "shortened", PAGE),
        ("{INSERT_YOUR_PERSONAL_API_KEY_HERE}", "placeholder", PAGE),
        (f"{KEY}\n{KEY}", "several lines", PAGE),
        ("phx_", "ends after its beginning", PAGE),
        ("sk-abcdefghijklmnop", "another service", PAGE),
        (KEY[4:], "old one, which PostHog's hosted MCP server refuses", PAGE),
        ("", "holds no key", "phx_"),
        (b"\xff\xfe\x00", "no text", "nothing else"),
    ],
)
def test_what_is_no_personal_key(key: str | bytes, sentence: str, hint: str, tmp_path: Path) -> None:
    place = start(tmp_path)
    result = run(["mcp", "add", "--json", "--api-key-stdin", "--region", "eu"], place, key)
    error = result.document["error"]
    assert (result.code, error["code"]) == (1, "credential")
    assert sentence in error["message"]
    assert hint in error["hint"]
    assert result.document["clients"] == []
    assert contents(place) == UNTOUCHED


@pytest.mark.parametrize(
    ("file", "cause"),
    [
        ("none.txt", "no such file"),
        (".", "is a directory"),
        ("bytes", "no text"),
        ("empty", "no key"),
        ("/dev/zero", "control characters"),
    ],
)
def test_key_files_that_hold_none(file: str, cause: str, tmp_path: Path) -> None:
    place = start(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty").write_text("\n")
    result = run(["mcp", "add", "--json", "--api-key-file", str(tmp_path / file)], place)
    assert (result.code, result.document["error"]["code"]) == (1, "credential")
    assert cause in result.document["error"]["message"].lower()
    assert contents(place) == UNTOUCHED


# ------------------------------------------------------------------ what PostHog says


def test_a_valid_key_and_what_is_known_of_it(tmp_path: Path) -> None:
    place = start(tmp_path)
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        result = check(place, server, KEY, "--features", "flags", "--project", "1")
    assert result.code == 0
    assert result.document["key"] == {
        "state": "valid",
        "source": "stdin",
        "host": server.url,
        "region": "self-hosted",
        "user": "max@example.com",
        "organization": {"id": FIRST, "name": "Hedgehogs"},
        "project": {"id": 1, "name": "Website"},
        "scopes": list(SCOPES),
        "missing_scopes": result.document["key"]["missing_scopes"],
    }
    assert any(scope.startswith("feature_flag:") for scope in result.document["key"]["missing_scopes"])
    assert "max@example.com" in result.err
    assert "feature_flag:" in result.err
    assert result.outcomes == {"cursor": "added"}
    assert entry(place, "cursor")["args"][-2:] != []


def test_a_key_that_may_do_everything_is_warned_about(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY, ("*",))) as server:
        result = run(["mcp", "add", "--api-key-stdin", "--host", server.url], start(tmp_path), KEY)
    assert result.code == 0
    assert "(`*`)" in result.err
    assert KEY not in result.out


def test_a_server_without_current_is_asked_for_the_user(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY, SCOPES)).will_answer("GET", CURRENT, not_found()) as server:
        result = check(start(tmp_path), server)
    assert (result.code, result.document["key"]["state"]) == (0, "valid")
    assert result.document["key"]["user"] == "max@example.com"


def test_a_403_is_a_valid_key(tmp_path: Path) -> None:
    place = start(tmp_path)
    with posthog(SandboxKey(KEY, ("query:read",))).will_answer("GET", CURRENT, not_found()) as server:
        result = check(place, server)
    assert (result.code, result.document["key"]["state"], result.outcomes) == (0, "forbidden", {"cursor": "added"})


REFUSALS: list[tuple[Reply, str, str, str]] = [
    (no_key(), "bad_key", "invalid", "settings/user-api-keys"),
    (throttled(1), "unreachable", "unreachable", "--no-verify"),
    (failure(500), "unreachable", "unreachable", "--no-verify"),
    (failure(503), "unreachable", "unreachable", "--no-verify"),
    (web_page(200), "unreachable", "unreachable", "--no-verify"),
    (web_page(401), "unreachable", "unreachable", "check that the address is PostHog's"),
    (not_found(), "unreachable", "unreachable", "name PostHog's own address with `--host`"),
    (Reply(hang_up=True), "unreachable", "unreachable", "--no-verify"),
]


@pytest.mark.parametrize(("reply", "code", "state", "hint"), REFUSALS)
def test_a_key_that_is_refused_or_cannot_be_checked_stops_before_any_file(
    reply: Reply, code: str, state: str, hint: str, tmp_path: Path
) -> None:
    place = start(tmp_path)
    with PostHog(always=reply) as server:
        result = check(place, server)
        unchecked = check(place, server, KEY, "--no-verify", "--dry-run")
    document: dict[str, Any] = result.document
    assert (result.code, document["error"]["code"], document["key"]["state"]) == (1, code, state)
    assert (document["key"]["source"], document["key"]["host"]) == ("stdin", server.url)
    assert hint in document["error"]["hint"]
    assert document["clients"] == []
    assert contents(place) == UNTOUCHED
    assert not (place / ".local/state").exists()
    assert (unchecked.code, unchecked.document["key"]["state"]) == (0, "unchecked")


def test_a_wrong_key(tmp_path: Path) -> None:
    place = start(tmp_path)
    with posthog(SandboxKey(OTHER_KEY)) as server:
        result = check(place, server)
    assert (result.code, result.document["error"]["code"]) == (1, "bad_key")
    assert "invalid" in result.document["error"]["message"]
    assert contents(place) == UNTOUCHED


def test_nobody_there(tmp_path: Path) -> None:
    place = start(tmp_path)
    with PostHog() as server:
        address = server.url
    hosted = run(["mcp", "add", "--json", "--api-key-stdin"], place, KEY)
    result = run(["mcp", "add", "--json", "--api-key-stdin", "--host", address], place, KEY)
    assert [one.code for one in (result, hosted)] == [1, 1]
    assert [one.document["key"]["state"] for one in (result, hosted)] == ["unreachable"] * 2
    assert "us.posthog.com" in hosted.document["error"]["message"]
    assert "eu.posthog.com" in hosted.document["error"]["message"]
    assert "--no-verify" in hosted.document["error"]["hint"]
    assert contents(place) == UNTOUCHED


def test_no_verify_asks_nobody(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY)) as server:
        result = check(start(tmp_path), server, KEY, "--no-verify")
    assert (result.code, server.requests) == (0, [])
    assert "not checked" in result.err


def test_the_key_goes_to_its_host_only_and_in_the_header_only(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        check(start(tmp_path), server)
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}
    assert not any(KEY in request.path or KEY in str(request.query) for request in server.requests)
    assert {request.method for request in server.requests} == {"GET"}


def test_secret_env_is_checked_when_the_variable_is_set(tmp_path: Path) -> None:
    place = start(tmp_path)
    arguments = ["mcp", "add", "--json", "--secret", "env", "--env-var", "MY_KEY", "--host"]
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        good = run([*arguments, server.url], place, MY_KEY=KEY)
        bad = run([*arguments, server.url], place, MY_KEY=OTHER_KEY)
    assert (good.code, good.document["key"]["state"], good.document["key"]["source"]) == (0, "valid", "env")
    assert (bad.code, bad.document["key"]["state"]) == (1, "invalid")
    assert entry(place, "cursor")["env"] == {"POSTHOG_AUTH_HEADER": "Bearer ${env:MY_KEY}"}


@pytest.mark.parametrize(
    ("region", "arguments", "asked"),
    [
        ("eu", (), {"us", "eu"}),
        ("us", (), {"us", "eu"}),
        ("eu", ("--region", "eu"), {"eu"}),
        ("us", ("--host", "app.posthog.com"), {"us"}),
    ],
)
def test_posthog_cloud_is_the_region_that_accepts_the_key(
    region: str, arguments: tuple[str, ...], asked: set[str], tmp_path: Path
) -> None:
    """Through a proxy, with a certificate authority of the company's own; the entry is the same for both regions."""
    place, authority = home(tmp_path, "cursor", "claude-desktop"), Authority()
    known = {"us": OTHER_KEY, "eu": OTHER_KEY, region: KEY}
    flags = ("--ca-file", str(authority.write(tmp_path / "authority.pem")))
    with (
        posthog(SandboxKey(known["us"], SCOPES), tls=authority.server("us.posthog.com")) as us,
        posthog(SandboxKey(known["eu"], SCOPES), tls=authority.server("eu.posthog.com")) as eu,
        Proxy({"us.posthog.com": us.port, "eu.posthog.com": eu.port}) as proxy,
    ):
        result = run(["mcp", "add", "--json", "--api-key-stdin", *flags, *arguments], place, KEY, HTTPS_PROXY=proxy.url)
    assert (result.code, result.document["key"]["state"], result.document["key"]["region"]) == (0, "valid", region)
    assert result.document["key"]["host"] == f"https://{region}.posthog.com"
    assert {name for name, server in (("us", us), ("eu", eu)) if server.requests} == asked
    assert entry(place, "cursor")["url"] == "https://mcp.posthog.com/mcp"
    assert entry(place, "claude-desktop")["args"][-2:] == list(flags)


def test_our_own_server_before_posthog_cloud_is_bound_to_the_keys_region(tmp_path: Path) -> None:
    place, authority = home(tmp_path, "cursor"), Authority()
    flags = ("--ca-file", str(authority.write(tmp_path / "authority.pem")))
    with (
        posthog(SandboxKey(OTHER_KEY), tls=authority.server("us.posthog.com")) as us,
        posthog(SandboxKey(KEY, SCOPES), tls=authority.server("eu.posthog.com")) as eu,
        Proxy({"us.posthog.com": us.port, "eu.posthog.com": eu.port}) as proxy,
    ):
        run(["mcp", "add", "--server", "local", "--api-key-stdin", *flags], place, KEY, HTTPS_PROXY=proxy.url)
    assert entry(place, "cursor")["args"][-4:] == ["--host", "https://eu.posthog.com", *flags]
