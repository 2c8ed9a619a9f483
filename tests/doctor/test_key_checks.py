"""`key.*` checks that ask PostHog: whose key, which region, which scopes; each key and each PostHog asked once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from posthog_wizard.credentials import profiles, store
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.doctor.check import Status
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import DoctorOptions, OwnKey
from posthog_wizard.model import Machine, Secret
from tests.support.machines import KEY, machine
from tests.support.posthog import SandboxKey, failure, throttled
from tests.support.posthog_core import posthog
from tests.support.probes import Trial, examined
from tests.support.program import OTHER_KEY
from tests.support.world import MCP, MCP_EU, SCOPES, US, world

CURRENT = "GET /api/personal_api_keys/@current"
STRANGER = (SandboxKey("phx_somebody_else"),)
MINE = (SandboxKey(KEY, SCOPES),)


def hosted(host: str = MCP, key: str = KEY, query: str = "") -> dict[str, Any]:
    """An entry with the hosted server."""
    return {"type": "http", "url": f"https://{host}/mcp{query}", "headers": {"Authorization": f"Bearer {key}"}}


def program(*arguments: str, key: str = KEY, **environment: str) -> dict[str, Any]:
    """An entry that starts our program, which is not there."""
    environment = {"POSTHOG_AUTH_HEADER": f"Bearer {key}", **environment}
    return {"type": "stdio", "command": "/gone/posthog-wizard", "args": ["mcp", *arguments], "env": environment}


def keys(trial: Trial) -> dict[str, Status]:
    """What is not in order with keys."""
    return {check_id: status for check_id, status in trial.statuses.items() if check_id.startswith("key.")}


class Fault(NamedTuple):
    """A world and an entry, and what is said of its key."""

    name: str
    world: dict[str, Any]
    entry: dict[str, Any]
    findings: dict[str, Status]
    words: tuple[str, ...] = ()


FAULTS = (
    Fault("healthy", {}, hosted(), {}),
    Fault("healthy in the EU", {"us": STRANGER, "eu": MINE}, hosted(MCP_EU), {}),
    Fault("of nobody", {"us": STRANGER}, hosted(), {"key.valid": "fail"}, ("neither `https://us.posthog.com` nor", "Claude Code's entry `posthog`")),
    Fault("of the other region, by address", {}, hosted(MCP_EU), {"key.region": "fail"}, ("it belongs to `https://us.posthog.com`",)),
    Fault("of the other region, by parameter", {}, hosted(query="?region=eu"), {"key.region": "fail"}, ("`https://eu.posthog.com`",)),
    Fault("of the other region, by our server", {}, program("serve", "--region", "eu"), {"key.region": "fail"}),
    Fault("of the other region, by the bridge", {}, program("bridge", "--url", f"https://{MCP_EU}/mcp"), {"key.region": "fail"}),
    Fault("of nobody, by our server", {"us": STRANGER}, program("serve", "--host=https://us.posthog.com"), {"key.valid": "fail"}),
    Fault("everything is allowed", {"us": (SandboxKey(KEY),)}, hosted(), {"key.access": "warn"}, ("everything that its owner may",)),
    Fault("few scopes", {"us": (SandboxKey(KEY, ("user:read", "project:read", "query:read")),)}, hosted(), {"key.scopes": "warn"}, ("it lacks `dashboard:write`, ",)),
    Fault("enough for what is wanted", {"us": (SandboxKey(KEY, ("user:read", "project:read", "feature_flag:write")),)}, hosted(query="?features=flags&mode=tools"), {}),
    Fault("enough to read", {"us": (SandboxKey(KEY, ("user:read", "project:read", "feature_flag:read")),)}, program("serve", "--features", "flags", "--read-only"), {}),
    Fault("not enough to write", {"us": (SandboxKey(KEY, ("user:read", "project:read", "feature_flag:read")),)}, program("serve", "--features", "flags"), {"key.scopes": "warn"}, ("lacks `feature_flag:write`",)),
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_key(fault: Fault, tmp_path: Path) -> None:
    with world(tmp_path, **fault.world) as around:
        trial = examined(tmp_path, {"claude-code": fault.entry}, environment=around.environment)
    assert keys(trial) == fault.findings
    told = " ".join(str(check.cause) for check in trial.checks if check.id.startswith("key."))
    assert [word for word in fault.words if word not in told] == []
    assert [check.fix for check in trial.checks if check.id in fault.findings and not check.fix] == []
    assert max(around.us.lines.count(CURRENT), around.eu.lines.count(CURRENT)) == 1
    assert trial.leaked == []


def test_a_healthy_key_says_whose_it_is(tmp_path: Path) -> None:
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"claude-code": hosted(), "cursor": hosted()}, environment=around.environment)
    check = trial.one("key.valid")
    assert check.title == "the key `phx_…Jt0B` at `https://us.posthog.com`, max@example.com, Hedgehogs, project App"
    assert check.data["used_by"] == ["Claude Code's entry `posthog`", "Cursor's entry `posthog`"]
    assert (check.data["kind"], check.data["region"], check.data["user"]) == (
        "personal API key",
        "us",
        "max@example.com",
    )
    assert (check.data["project"], check.data["scopes"]) == ({"id": 2, "name": "App"}, list(SCOPES))
    assert [trial.one(check_id).status for check_id in ("key.region", "key.scopes", "key.access")] == ["ok"] * 3


def test_the_wrong_region_is_told_of_the_connection_too(tmp_path: Path) -> None:
    with world(tmp_path, key=OTHER_KEY) as around:
        trial = examined(tmp_path, {"claude-code": hosted(MCP_EU)}, environment=around.environment)
    check = trial.one("client.claude-code.connection")
    assert (check.status, check.data["kind"], check.data["region"]) == ("fail", "wrong-region", "us")
    assert check.fix == "run `posthog-wizard mcp add --region us`"


@pytest.mark.parametrize(("reply", "status"), [(throttled(60), "warn"), (failure(501), "warn")])
def test_a_posthog_that_does_not_say(reply: Any, status: Status, tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY), always=reply) as server:
        trial = examined(tmp_path, {"claude-code": program("serve", "--host", server.url)})
    check = trial.one("key.valid")
    assert (check.status, str(check.cause)[:29]) == (status, "PostHog could not be asked: `")


def test_a_posthog_that_is_not_there(tmp_path: Path) -> None:
    check = examined(tmp_path, {"claude-code": program("serve", "--host", "http://127.0.0.1:9")}).one("key.valid")
    assert (check.status, "cannot be reached" in str(check.cause)) == ("skip", True)


def test_a_key_that_may_not_even_read_its_owner(tmp_path: Path) -> None:
    with posthog(SandboxKey(KEY, ())).will_answer("GET", "/api/personal_api_keys/@current", failure(404)) as server:
        trial = examined(tmp_path, {"claude-code": program("serve", "--host", server.url)})
    assert keys(trial) == {"key.scopes": "warn"}
    assert trial.one("key.scopes").data["missing_scopes"] == ["user:read"]


def test_a_key_goes_only_where_it_belongs(tmp_path: Path) -> None:
    """Its PostHog is known from one entry, so the two regions are not asked because of another."""
    with posthog(SandboxKey(KEY, SCOPES)) as server, world(tmp_path) as around:
        entries = {"claude-code": program("serve", "--host", server.url), "cursor": program("serve")}
        trial = examined(tmp_path, entries, environment=around.environment)
    assert server.lines.count(CURRENT) == 1
    assert (around.us.lines.count(CURRENT), around.eu.lines.count(CURRENT)) == (0, 0)
    assert trial.one("key.valid").data["used_by"] == ["Claude Code's entry `posthog`"]


NOBODY_IS_ASKED = {
    "a development server": hosted() | {"url": "http://127.0.0.1:9/mcp"},
    "a placeholder": hosted(key="{INSERT_YOUR_PERSONAL_API_KEY_HERE}"),
    "a project's key": hosted(key="phc_Wd5Rk1Tz7Qp3Mx9Bv6Nc2Lf8Hs4Ga0Ju5Ye1Io7Ku"),
    "a sign-in": {"type": "http", "url": f"https://{MCP}/mcp"},
    "another scheme": {"type": "http", "url": f"https://{MCP}/mcp", "headers": {"Authorization": f"Basic {KEY}"}},
    "switched off": hosted() | {"disabled": True},
    "no address": program("serve", "--host", "no address"),
    "the sandbox": program("serve", "--sandbox"),
}


@pytest.mark.parametrize("name", NOBODY_IS_ASKED)
def test_posthog_is_not_asked(name: str, tmp_path: Path) -> None:
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"claude-code": NOBODY_IS_ASKED[name]}, environment=around.environment)
    assert (around.us.lines.count(CURRENT), around.eu.lines.count(CURRENT)) == (0, 0)
    assert (trial.of("key.valid"), keys(trial)) == ([], {})


def test_an_old_entry_s_key_is_found_in_its_environment(tmp_path: Path) -> None:
    npx = {
        "command": "/gone/npx",
        "args": ["-y", "mcp-remote", f"https://{MCP}/mcp", "--header", "Authorization:${POSTHOG_AUTH_HEADER}"],
        "env": {"POSTHOG_AUTH_HEADER": f"Bearer {KEY}"},
    }
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"cursor": npx}, environment=around.environment)
    assert trial.one("key.valid").status == "ok"


# ------------------------------------------------------------------ our own commands' key


def test_there_is_none(tmp_path: Path) -> None:
    check = examined(tmp_path, {}, source=OwnKey(None, notes=("X holds a project key",))).one("key.source")
    assert (check.status, check.cause) == ("skip", "there is none: X holds a project key")


@pytest.mark.parametrize(
    ("key", "kind", "statuses"),
    [
        (KEY, "personal API key", {}),
        (OTHER_KEY, "personal API key", {"key.valid": "fail"}),
        ("pha_abcdefghijklmnop", "OAuth access token", {"key.source": "warn"}),
        ("abcdefghijklmnopqrst1234", "old personal API key", {"key.valid": "fail"}),
        ("phc_abcdefghijklmnop", "project API key", {"key.source": "warn"}),
    ],
)
def test_the_key_of_our_own_commands(key: str, kind: str, statuses: dict[str, Status], tmp_path: Path) -> None:
    source = OwnKey(Secret(key), "the variable POSTHOG_PERSONAL_API_KEY")
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"claude-code": hosted()}, environment=around.environment, source=source)
    check = trial.one("key.source")
    assert (check.status, check.data["source"], check.data["kind"]) == (
        statuses.get("key.source", "ok"),
        source.source,
        kind,
    )
    assert check.title == "the key of our own commands: from the variable POSTHOG_PERSONAL_API_KEY"
    assert keys(trial) == statuses
    refused = [one.data["used_by"] for one in trial.of("key.valid") if one.status == "fail"]
    assert refused == [[source.source]] * ("key.valid" in statuses)
    assert around.us.lines.count(CURRENT) == 1 + ("key.valid" in statuses)


def test_offline_no_key_is_asked_about(tmp_path: Path) -> None:
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"claude-code": hosted()}, environment=around.environment, offline=True)
    assert (trial.one("key.valid").status, trial.one("key.valid").cause) == (
        "skip",
        "it needs the network (`--offline`)",
    )
    assert around.us.requests == around.eu.requests == around.hosted.requests == []


def test_a_proxy_of_no_use(tmp_path: Path) -> None:
    check = examined(tmp_path, {"claude-code": hosted()}, environment={"ALL_PROXY": "socks4://127.0.0.1:9"}).one(
        "key.valid"
    )
    assert (check.status, str(check.cause)[:27]) == ("skip", "PostHog could not be asked:")


# ------------------------------------------------------------------ keys in the store


def kept(
    root: Path, key: str | None, name: str = "default", host: str = f"https://{US}", way: str | None = None
) -> None:
    """A profile, whose key lies in our file, under another profile's name where it is None."""
    here, reference = machine(root), KeyReference("file-store", name)
    profiles.save(here, profiles.Profile(name, host, reference, way=way))
    store.write(KeyReference("file-store", name if key else "other"), host, Secret(key or KEY), here)


STORED: dict[str, tuple[str | None, tuple[str, ...], dict[str, Status]]] = {
    "good": (KEY, ("serve",), {}),
    "good, through the bridge": (KEY, ("bridge", "--url", f"https://{MCP}/mcp"), {}),
    "of nobody": (OTHER_KEY, ("serve",), {"key.valid": "fail"}),
    "not there": (None, ("serve",), {"key.valid": "fail", "key.source": "fail"}),
    "another profile's": (KEY, ("serve", "--profile", "work"), {}),
}


@pytest.mark.parametrize("name", STORED)
def test_a_key_in_the_store(name: str, tmp_path: Path) -> None:
    key, arguments, findings = STORED[name]
    kept(tmp_path, key)
    kept(tmp_path, key or OTHER_KEY, "work")
    with world(tmp_path) as around:
        stored = program(*arguments) | {"env": {}}
        trial = examined(
            tmp_path, {"claude-code": stored, "gemini-cli": stored}, environment=around.environment, source=None
        )
    assert keys(trial) == findings
    assert [check for check in trial.checks if check.id in findings and not check.fix] == []
    assert around.us.lines.count(CURRENT) == (key is not None)
    assert around.eu.lines.count(CURRENT) == 0
    assert trial.leaked == []


def test_each_profile_that_is_one_sign_in_too_many_is_told_and_nothing_of_it_of_another(tmp_path: Path) -> None:
    kept(tmp_path, KEY, "one", way="oauth")
    kept(tmp_path, KEY, "two", way="oauth")
    kept(tmp_path, KEY, "three", way="oauth")
    kept(tmp_path, None, "lost", way="oauth")
    with world(tmp_path) as around:
        checks = examined(tmp_path, {}, environment=around.environment, source=None).checks
    told = [(check.status, check.fix) for check in checks if check.id == "key.account"]
    assert told == [
        ("warn", "sign out of one of them: `posthog-wizard logout --profile two`"),
        ("warn", "sign out of one of them: `posthog-wizard logout --profile three`"),
        ("skip", None),
    ]


def test_a_profile_that_does_not_exist(tmp_path: Path) -> None:
    check = examined(tmp_path, {}, source=None, profile="work").one("key.source")
    assert (check.status, str(check.cause)[:32]) == ("fail", "there is no profile `work` in `/")


def with_default(root: Path, text: str, **environment: str) -> Machine:
    """A machine with that text in the profile `default`."""
    found = machine(root, environment=environment)
    found.config_directory.mkdir(exist_ok=True)
    (found.config_directory / "config.toml").write_text(f"[profiles.default]\n{text}\n")
    return found


@pytest.mark.parametrize("text", ['host = "posthog.example/x y"', "host = 5"])
def test_a_profile_that_cannot_be_read_sends_the_environment_s_key_nowhere_else(text: str, tmp_path: Path) -> None:
    with_default(tmp_path, text)
    with world(tmp_path) as around:
        given = {**around.environment, "POSTHOG_API_KEY": KEY}
        trial = examined(tmp_path, {}, environment=given, source=None)
        assert (around.us.lines, around.eu.lines) == ([], [])
    assert trial.one("key.source").status == "fail"


def test_a_profile_s_plain_http_was_agreed_to_when_it_was_stored(tmp_path: Path) -> None:
    here = with_default(tmp_path, 'host = "http://posthog.example:8000"', POSTHOG_API_KEY=KEY)
    assert collect(here, DoctorOptions(())).key().host == "http://posthog.example:8000"


@pytest.mark.parametrize("text", ["", 'host = "https://posthog.example"', 'host = "http://posthog.example:9000"'])
def test_plain_http_that_the_environment_names_was_agreed_to_by_nobody(text: str, tmp_path: Path) -> None:
    here = with_default(tmp_path, text, POSTHOG_HOST="http://posthog.example:8000", POSTHOG_API_KEY=KEY)
    found = collect(here, DoctorOptions(())).key()
    told = "`http://posthog.example:8000` would send the key over plain http"
    assert (found.key, found.host, str(found.problem)) == (None, None, told)


def test_a_project_s_key_in_the_environment_is_no_trouble(tmp_path: Path) -> None:
    trial = examined(
        tmp_path, {}, source=None, environment={"POSTHOG_API_KEY": "phc_Wd5Rk1Tz7Qp3Mx9Bv6Nc2Lf8Hs4Ga0Ju5Ye1Io7Ku"}
    )
    assert (trial.one("key.source").status, trial.statuses) == ("skip", {})


def test_an_installed_server_takes_the_key_to_its_posthog(tmp_path: Path) -> None:
    url = f"https://{US}/api/projects/2/mcp_server_installations/0190aaaa/proxy/"
    with world(tmp_path) as around:
        examined(tmp_path, {"claude-code": hosted() | {"url": url}}, environment=around.environment)
        around.us.surprises.clear()  # there is no such server here
        assert (around.us.lines.count(CURRENT), around.eu.lines.count(CURRENT)) == (1, 0)


def test_a_store_that_does_not_answer_holds_nobody_up(tmp_path: Path) -> None:
    reference = KeyReference("command", f"{sys.executable} -c 'import time; time.sleep(30)'")
    profiles.save(machine(tmp_path), profiles.Profile("default", f"https://{US}", reference))
    with world(tmp_path) as around:
        trial = examined(tmp_path, {"claude-code": hosted()}, environment=around.environment, source=None, timeout=8)
    assert trial.statuses == {"key.source": "fail"}
    assert "did not answer within 4 seconds" in str(trial.one("key.source").cause)
    assert trial.seconds < 25
