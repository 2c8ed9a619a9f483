"""`mcp add --secret store`: the key goes into the store, and no client's file holds it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.commands import HOSTED, add, launcher, mcp
from tests.support.homes import ALL, FILES, PROJECT_FILES, contents, entries, entry, home
from tests.support.keyrings import FORGETFUL, LOCKED, WITH_KEYRING
from tests.support.machines import KEY, lay
from tests.support.posthog import SandboxKey
from tests.support.posthog_core import posthog
from tests.support.program import OTHER_KEY, Result, files, run
from tests.support.terminal import DOWN, ENTER, Terminal

STORE = ("mcp", "add", "--no-verify", "--region", "us", "--secret", "store")
FILE = ("--store", "file")
KEYS, KEYRING, PROFILES = ".config/posthog-wizard/keys.json", ".keyring.json", ".config/posthog-wizard/config.toml"
SCOPES = ("user:read", "organization:read", "project:read")
BRIDGE = ["mcp", "bridge", "--url", HOSTED]


def with_keys(root: Path) -> Path:
    """A home in which every client's entry holds the key."""
    place = home(root, *ALL)
    add(place)
    return place


def keep(place: Path, key: str | None, **environment: Any) -> None:
    """Put the key into the store, if there is one."""
    if key:
        store(place, "--api-key-stdin", stdin=key, **environment)


def store(place: Path, *arguments: str, stdin: str = "", folder: Path | None = None, **environment: Any) -> Result:
    """`mcp add --secret store ARGUMENTS --json` without asking PostHog."""
    return run([*STORE, "--json", *arguments], place, stdin, folder=folder, **environment)


def holders(place: Path, key: str = KEY) -> list[str]:
    """Every file below the home that holds the key."""
    return [str(path.relative_to(place)) for path in files(place) if key.encode() in path.read_bytes()]


def clients(place: Path) -> dict[str, bytes]:
    """The clients' files."""
    return {name: data for name, data in contents(place).items() if name in FILES.values()}


# ------------------------------------------------------------------ no copy but the store's


@pytest.mark.parametrize(
    ("flags", "environment", "only"),
    [((), WITH_KEYRING, KEYRING), (("--store", "keyring"), WITH_KEYRING, KEYRING), (FILE, {}, KEYS), (FILE, WITH_KEYRING, KEYS)],
)  # fmt: skip
@pytest.mark.parametrize("inline_before", [False, True])
def test_no_file_but_the_store_holds_the_key(
    flags: tuple[str, ...], environment: dict[str, Any], only: str, inline_before: bool, tmp_path: Path
) -> None:
    place = with_keys(tmp_path) if inline_before else home(tmp_path, *ALL)
    given = ((), "") if inline_before else (("--api-key-stdin",), KEY)
    result = store(place, *flags, *given[0], stdin=given[1], **environment)
    assert (result.code, result.document["key"]["source"]) == (0, "file" if inline_before else "stdin")
    assert set(result.outcomes.values()) == {"updated" if inline_before else "added"}
    assert holders(place) == [only]
    assert {client: entry(place, client)["command"] for client in ALL} == dict.fromkeys(ALL, launcher()[0])
    listed = [row for row in mcp(place, "list").document["clients"] if row["detected"]]
    assert {(row["secret"], row["entry"]) for row in listed} == {("store", "current")}
    again = store(place, **environment)
    assert (set(again.outcomes.values()), again.document["key"]["source"]) == ({"unchanged"}, "store")
    assert run(["mcp", "undo", "--json"], place, **environment).code == 0
    assert (set(clients(place)) & set(holders(place))) == set(FILES.values() if inline_before else ())


def test_undo_restores_the_entries_and_after_another_key_it_is_refused(tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    add(place)
    inline = clients(place)
    store(place, *FILE)
    keyless = clients(place)
    mcp(place, "undo")
    assert clients(place) == inline
    store(place, *FILE)
    store(place, *FILE, "--api-key-stdin", stdin=OTHER_KEY)
    assert (holders(place), holders(place, OTHER_KEY)) == ([], [KEYS])
    refused = mcp(place, "undo")
    assert (refused.code, set(refused.outcomes.values())) == (1, {"failed"})
    assert "was replaced by another since" in refused.rows["cursor"]["reason"]
    assert "mcp remove" in refused.rows["cursor"]["hint"]
    assert clients(place) == keyless


@pytest.mark.parametrize("client", ALL)
def test_remove_takes_it_out_and_leaves_the_store(client: str, tmp_path: Path) -> None:
    place = home(tmp_path, client)
    store(place, *FILE, "--api-key-stdin", stdin=KEY)
    assert mcp(place, "remove").outcomes == {client: "removed"}
    assert (entries(place / FILES[client], client), holders(place)) == ({}, [KEYS])


# ------------------------------------------------------------------ which key, which PostHog


@pytest.mark.parametrize(
    ("arguments", "stdin", "environment", "source", "key"),
    [
        (("--api-key-stdin",), OTHER_KEY, {"POSTHOG_PERSONAL_API_KEY": KEY}, "stdin", OTHER_KEY),
        ((), "", {"POSTHOG_PERSONAL_API_KEY": OTHER_KEY}, "env", OTHER_KEY),
        ((), "", {}, "store", KEY),
        (("--profile", "default"), "", {}, "store", KEY),
    ],
)
def test_precedence(
    arguments: tuple[str, ...], stdin: str, environment: dict[str, Any], source: str, key: str, tmp_path: Path
) -> None:
    """Flags, environment, store; what stands in entries comes last."""
    place = home(tmp_path, "cursor", "zed")
    store(place, "zed", *FILE, "--api-key-stdin", stdin=KEY)
    add(place, "cursor", key=OTHER_KEY)
    result = store(place, *arguments, stdin=stdin, **environment)
    assert (result.code, result.document["key"]["source"], holders(place, key)) == (0, source, [KEYS])


@pytest.mark.parametrize(("placement", "holding"), [((), [KEYS]), (("--secret", "inline"), [KEYS, FILES["cursor"]])])
def test_a_stored_key_is_used_where_none_is_given(
    placement: tuple[str, ...], holding: list[str], tmp_path: Path
) -> None:
    """From the store: who put it there does not want it in files. Plain text only where it is asked for."""
    place = home(tmp_path, "cursor", "zed")
    store(place, "zed", *FILE, "--api-key-stdin", stdin=KEY)
    result = run(["mcp", "add", "cursor", "--no-verify", "--json", *placement], place)
    assert (result.code, result.document["key"]["source"]) == (0, "store")
    assert set(holders(place)) == set(holding) | {name for name in holders(place) if name.startswith(".local")}


def test_profiles_keep_keys_of_different_posthogs_apart(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    store(place, "cursor", *FILE, "--api-key-stdin", stdin=KEY)
    own = ("mcp", "add", "zed", "--no-verify", "--secret", "store", "--json", "--host", "https://ph.example.com", *FILE)
    refused = run([*own, "--api-key-stdin"], place, OTHER_KEY)
    assert (refused.code, holders(place, OTHER_KEY)) == (2, [])
    assert "`default` is for `https://us.posthog.com`" in refused.document["error"]["message"]
    assert "--profile NAME" in refused.document["error"]["hint"]
    assert run([*own, "--api-key-stdin", "--profile", "own"], place, OTHER_KEY).code == 0
    assert entry(place, "zed")["args"] == ["mcp", "serve", "--host", "https://ph.example.com", "--profile", "own"]
    again = run(["mcp", "add", "--no-verify", "--secret", "store", "--json", "--profile", "own"], place)
    assert again.outcomes == {"cursor": "updated", "zed": "unchanged"}  # the profile brings its host along
    assert (holders(place), holders(place, OTHER_KEY)) == ([KEYS], [KEYS])


def test_posthog_is_asked_about_a_key_that_moves_and_about_a_stored_one(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(SandboxKey(KEY, SCOPES)) as server:
        add(place, "--host", server.url, "--read-only", "--project", "1")
        moved = run(["mcp", "add", "--secret", "store", *FILE, "--json"], place)
        kept = run(["mcp", "add", "--secret", "store", "--json", "--read-only", "--project", "1"], place)
        url = server.url
    words = ["mcp", "serve", "--host", url, "--project", "1", "--read-only"]
    assert (moved.outcomes, moved.document["key"]["state"]) == ({"cursor": "updated"}, "valid")
    assert (kept.outcomes, kept.document["key"]["source"]) == ({"cursor": "unchanged"}, "store")
    assert entry(place, "cursor") == {"command": launcher()[0], "args": words}
    assert f'host = "{url}"' in (place / PROFILES).read_text()


def test_every_entry_of_a_file_loses_the_key(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place, "--project", "1")
    add(place, "--name", "other", "--project", "2", "--read-only")
    assert store(place, *FILE).code == 0
    assert holders(place) == [KEYS]
    assert entry(place, "cursor")["args"] == [*BRIDGE, "--project", "1"]
    assert entry(place, "cursor", "other")["args"] == [*BRIDGE, "--project", "2", "--read-only"]
    assert mcp(place, "undo").code == 0
    assert entry(place, "cursor", "other")["headers"] == {"Authorization": f"Bearer {KEY}"}


def test_another_key_than_the_stored_one_does_not_go_unsaid(tmp_path: Path) -> None:
    """It may lead to another organization, and nothing but the journal has it then."""
    place = home(tmp_path, "cursor")
    add(place)
    stored = run(["mcp", "add", *STORE[2:], *FILE, "--api-key-stdin"], place, OTHER_KEY)
    again = run(["mcp", "add", *STORE[2:]], place)
    assert "Cursor: the other key that stands there, phx_…Jt0B, gives way to the stored one" in stored.err
    assert (stored.code, again.code, "the other key" in again.err) == (0, 0, False)
    assert entry(place, "cursor")["args"] == BRIDGE


def test_a_development_server_may_get_the_key(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    flags = ("--mcp-url", "http://localhost:8787/mcp", *FILE, "--api-key-stdin")
    assert store(place, *flags, stdin=KEY).code == 0
    assert 'mcp_url = "http://localhost:8787/mcp"' in (place / PROFILES).read_text()


def test_a_dry_run_shows_masked_keys_and_stores_nothing(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    add(place)
    before = contents(place)
    result = run([*STORE, *FILE, "--dry-run"], place)
    assert (result.code, "Bearer phx_…Jt0B" in result.out, '+        "bridge",' in result.out) == (0, True, True)
    assert contents(place) == before


# ------------------------------------------------------------------ failures, row by row


def broken_profiles(place: Path) -> None:
    (place / PROFILES).parent.mkdir(parents=True)
    (place / PROFILES).write_text("[profiles.default\n")


def foreign_profiles(place: Path) -> None:
    (place / PROFILES).parent.mkdir(parents=True)
    (place / PROFILES).write_text('profiles = "none"\n')


def open_key_file(place: Path) -> None:
    (place / KEYS).parent.mkdir(parents=True)
    (place / KEYS).write_text('{"version": 1, "keys": {}}')
    (place / KEYS).chmod(0o644)


def two_keys(place: Path) -> None:
    add(place, "cursor", key=KEY)
    add(place, "zed", key=OTHER_KEY)


def nothing(_place: Path) -> None:
    pass


GIVEN = ("--api-key-stdin",)
PATH = ".bin/posthog-wizard!"  # a program on the PATH of these homes
ROWS: dict[str, tuple[Any, tuple[str, ...], dict[str, Any], int, str, str]] = {
    "no keyring": (nothing, GIVEN, {}, 2, "there is no keyring", "--store file"),
    "the named keyring": (nothing, (*GIVEN, "--store", "keyring"), {}, 1, "no keyring", "--store file"),
    "locked": (nothing, GIVEN, LOCKED, 1, "the keyring is locked", "--store file"),
    "another key comes back": (nothing, GIVEN, FORGETFUL, 1, "returned a different key", "--store"),
    "profiles that are broken": (broken_profiles, (*GIVEN, *FILE), {}, 1, "no TOML", "repair that file"),
    "profiles that are something else": (foreign_profiles, (*GIVEN, *FILE), {}, 1, "than tables", "repair that file"),
    "a key file for everybody": (open_key_file, (*GIVEN, *FILE), {}, 1, "read by other users", "chmod 600"),
    "two keys in entries": (two_keys, FILE, {}, 2, "different keys (phx_…Jt0B in Cursor; phx_…i6Bo", "--profile NAME"),
    "no key anywhere": (nothing, FILE, {}, 2, "no PostHog personal API key", "--api-key-stdin"),
    "no such profile's name": (nothing, (*GIVEN, *FILE, "--profile", "a b"), {}, 2, "letters, digits", "--profile"),
    "oauth": (nothing, ("--oauth",), {}, 2, "`--oauth`", "leave"),
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_a_failure_leaves_the_clients_as_they_are(row: str, tmp_path: Path) -> None:
    prepare, flags, environment, code, message, hint = ROWS[row]
    place = home(tmp_path, "cursor", "zed")
    prepare(place)
    before = contents(place)
    result = store(place, *flags, stdin=KEY, **environment)
    error = result.document["error"]
    assert (result.code, message in error["message"], hint in error["hint"]) == (
        code,
        True,
        True,
    ), error
    assert clients(place) == {name: data for name, data in before.items() if name in FILES.values()}
    assert set(contents(place)) - set(before) <= {KEYRING, ".started", "asked"}  # the last by the keyring of the test


def test_a_key_that_posthog_refuses_is_not_stored(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(SandboxKey(OTHER_KEY, SCOPES)) as server:
        flags = ("--secret", "store", *FILE, "--json", "--api-key-stdin", "--host", server.url)
        result = run(["mcp", "add", *flags], place, KEY)
    assert (result.code, result.document["error"]["code"]) == (1, "bad_key")
    assert contents(place) == {}


def test_a_store_belongs_to_its_secret(tmp_path: Path) -> None:
    result = run(["mcp", "add", "--store", "file", "--json"], home(tmp_path, "cursor"))
    assert (result.code, result.document["error"]["hint"]) == (2, "add `--secret store`")


# ------------------------------------------------------------------ a project's file


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in a home with four clients."""
    place = home(tmp_path, *PROJECT_FILES)
    (place / "project/.git").mkdir(parents=True)
    (place / "project/src").mkdir()
    return place / "project"


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (("--host", "https://ph.example.com"), "key: `posthog-wizard key set --host https://ph.example.com`"),
        (("--host", "http://ph.internal", "--allow-http"), "key set --host http://ph.internal --allow-http`"),
        (("--server", "local", "--region", "eu", "--profile", "work"), "key: `posthog-wizard key set --profile work`"),
        (("--secret", "env", "--host", "https://ph.example.com"), None),
    ],
)
def test_a_colleague_is_told_a_command_that_stores_the_right_key(
    words: tuple[str, ...], needed: str | None, project: Path
) -> None:
    given = () if "env" in words else ("--secret", "store", *FILE, *GIVEN)
    line = ["mcp", "add", "cursor", "--scope", "project", "--no-verify", *given, *words]
    told = run(line, project.parent, KEY, folder=project)
    assert (told.code, "key set" in told.err) == (0, needed is not None)
    assert (needed or "") in told.err


@pytest.mark.parametrize("client", PROJECT_FILES)
def test_a_project_s_entry_starts_on_a_colleague_s_machine(client: str, project: Path) -> None:
    place = project.parent
    result = store(place, client, "--scope", "project", *FILE, *GIVEN, stdin=KEY, folder=project / "src")
    assert (result.code, result.outcomes) == (0, {client: "added"})
    written = entries(project / PROJECT_FILES[client], client)["posthog"]
    assert (written["command"], written["args"]) == ("posthog-wizard", BRIDGE)
    assert str(place) not in (project / PROJECT_FILES[client]).read_text()
    assert "`posthog-wizard` is not on your PATH" in result.err
    assert "uv tool install" in result.err
    (row,) = [
        row
        for row in mcp(place, "list", "--scope", "project", folder=project).document["clients"]
        if row["client"] == client
    ]
    assert (row["entry"], row["secret"]) == ("current", "store")
    removed = mcp(place, "remove", client, "--scope", "project", folder=project)
    assert removed.outcomes == {client: "removed"}


@pytest.mark.parametrize("name", ["posthog-wizard", "posthog-wizard.exe", "posthog-wizard.CMD"[:-3] + "cmd"])
def test_a_program_of_our_name_in_the_project_is_a_reason_to_write_nothing(name: str, project: Path) -> None:
    (project / name).touch()
    before = contents(project.parent)
    result = store(project.parent, "cursor", "--scope", "project", *FILE, *GIVEN, stdin=KEY, folder=project)
    assert (result.code, "would be started instead of ours" in result.document["error"]["message"]) == (2, True)
    assert contents(project.parent) == before


@pytest.mark.parametrize(
    ("programs", "impostors", "cause", "fix"),
    [
        ((PATH,), (), None, None),
        ((), (), "there is no program `posthog-wizard` on the PATH", "uv tool install"),
        ((PATH,), ("project/posthog-wizard.exe",), "would be started instead of it on Windows", "remove"),
    ],
)
def test_doctor_knows_a_project_s_entry(
    programs: tuple[str, ...], impostors: tuple[str, ...], cause: str | None, fix: str | None, project: Path
) -> None:
    place = project.parent
    lay(place, *programs)
    store(place, "claude-code", "--scope", "project", *FILE, *GIVEN, stdin=KEY, folder=project)
    lay(place, *impostors)
    before = (project / ".mcp.json").read_bytes()
    words = ["mcp", "doctor", "claude-code", "--scope", "project", "--offline", "--fix", "--json"]
    checks = run(words, place, folder=project).document["checks"]
    wrong = [check for check in checks if check["status"] == "fail"]
    assert [check["id"] for check in wrong] == ["client.claude-code.command"] * (cause is not None)
    assert [(cause or "") in check["cause"] and (fix or "") in check["fix"] for check in wrong] == [True] * len(wrong)
    assert (project / ".mcp.json").read_bytes() == before  # a repair would write this machine's path


def test_with_the_program_on_the_path_there_is_no_warning(project: Path) -> None:
    lay(project.parent, PATH)
    result = store(project.parent, "cursor", "--scope", "project", *FILE, *GIVEN, stdin=KEY, folder=project)
    assert (result.code, "warning: `posthog-wizard`" in result.err) == (0, False)
    assert "everybody who opens the project" in result.err


# ------------------------------------------------------------------ on a terminal


LIST, PROMPT, WHERE, ACCESS, CONFIRM = (
    "Which clients",
    "PostHog personal API key:",
    "Where should",
    "What may",
    "Change ",
)


@pytest.mark.parametrize(
    ("keys", "holding"), [((ENTER,), [KEYRING]), ((DOWN, ENTER), [".claude.json", ".cursor/mcp.json"])]
)
def test_the_wizard_recommends_the_keyring(keys: tuple[str, ...], holding: list[str], tmp_path: Path) -> None:
    place = home(tmp_path, "claude-code", "cursor")
    with Terminal(["mcp", "add", "--no-verify"], place, **WITH_KEYRING) as person:
        person.reads(LIST).types(ENTER).reads("How should PostHog know you?").types(DOWN, ENTER)
        person.reads(PROMPT).types(KEY, ENTER)
        person.reads("do not sign in by themselves").reads(WHERE).reads("recommended").types(*keys)
        person.reads(ACCESS).types(ENTER).reads(CONFIRM).types("y").reads("added").reads("mcp undo")
    assert person.code == 0
    assert [name for name in holders(place) if "journal" not in name] == holding


@pytest.mark.parametrize(("answer", "code", "holding"), [("y", 0, [KEYS]), ("n", 130, [])])
def test_without_a_keyring_a_file_is_asked_for(answer: str, code: int, holding: list[str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with Terminal([*STORE, "--read-only", "--yes"], place, POSTHOG_PERSONAL_API_KEY=KEY) as person:
        person.reads("There is no keyring here").types(answer)
    assert (person.code, holders(place)) == (code, holding)


def test_the_person_says_which_of_two_keys_is_kept(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    two_keys(place)
    with Terminal([*STORE, *FILE], place) as person:
        person.reads(LIST).types(ENTER).reads("Which one do you want to keep?").reads("in Zed").types(DOWN, ENTER)
        person.reads("`posthog` ~/.cursor/mcp.json").reads(CONFIRM).types("y").reads("updated").reads("mcp undo")
    assert (person.code, holders(place, OTHER_KEY)) == (0, [KEYS])


@pytest.mark.parametrize(
    ("keys", "holding", "words"),
    [
        (("y",), [KEYRING], "updated"),
        (("n",), [FILES["cursor"], FILES["zed"]], "left as it is; `posthog-wizard mcp add --secret store`"),
    ],
)
def test_doctor_offers_to_move_keys(keys: tuple[str, ...], holding: list[str], words: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor", "zed")
    place.chmod(0o700)
    add(place, "--read-only")
    with Terminal(["mcp", "doctor", "--fix", "--offline"], place, **WITH_KEYRING) as person:
        person.reads("keys stand in plain text in 2 files").reads("Move the key").types(*keys)
        person.answers(*[(CONFIRM, "d\r"), ("Bearer phx_…Jt0B", ""), (CONFIRM, "y\r")] * (keys == ("y",))).reads(words)
    assert person.code == 0
    assert [name for name in holders(place) if "journal" not in name] == holding
    assert ("--read-only" in entry(place, "cursor").get("args", ())) == (keys == ("y",))


@pytest.mark.parametrize(
    ("environment", "arguments", "stored"),
    [
        ({}, (), None),
        (WITH_KEYRING, ("--yes",), None),
        (WITH_KEYRING, ("--json",), None),
        (WITH_KEYRING, (), OTHER_KEY),
    ],
)
def test_doctor_moves_no_key_unasked(
    environment: dict[str, Any], arguments: tuple[str, ...], stored: str | None, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    place.chmod(0o700)
    keep(place, stored, **environment)
    add(place)
    before = clients(place)
    with Terminal(["mcp", "doctor", "--fix", "--offline", *arguments], place, **environment) as person:
        person.answers(*[("Move the key", "y"), ("holds another key than the entries", "")] * bool(stored))
    assert person.code == (1 if stored else 0)
    assert clients(place) == before


def test_doctor_moves_a_key_that_the_profile_holds_already(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    place.chmod(0o700)
    store(place, "--api-key-stdin", stdin=KEY, **WITH_KEYRING)
    add(place)
    with Terminal(["mcp", "doctor", "--fix", "--offline"], place, **WITH_KEYRING) as person:
        person.reads("keys stand in plain text in 1 file;").reads("Move the key").types("y")
        person.reads(CONFIRM).types("y").reads("updated")
    assert (person.code, holders(place)) == (0, [KEYRING])


def test_doctor_moves_a_key_of_a_server_installed_in_an_own_posthog(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    place.chmod(0o700)
    proxy = "https://ph.example.com/api/environments/1/mcp_server_installations/0190-abc/proxy/"
    installed = {"mcpServers": {"linear": {"url": proxy, "headers": {"Authorization": f"Bearer {KEY}"}}}}
    own = '[profiles.work]\nhost = "https://ph.example.com"\n'
    lay(place, f".cursor/mcp.json={json.dumps(installed)}", f"{PROFILES}={own}")
    with Terminal(["mcp", "doctor", "--fix", "--offline"], place, **WITH_KEYRING) as person:
        person.reads("keys stand in plain text in 1 file;").reads("Move the key").types("y")
        person.reads(CONFIRM).types("y").reads("updated")
    assert (person.code, holders(place)) == (0, [KEYRING])


# ------------------------------------------------------------------ print


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), [launcher()[0], *BRIDGE]),
        (("--profile", "work", "--read-only"), [launcher()[0], *BRIDGE, "--read-only", "--profile", "work"]),
        (("--host", "https://ph.example.com"), [launcher()[0], "mcp", "serve", "--host", "https://ph.example.com"]),
        (("--scope", "project"), ["posthog-wizard", *BRIDGE]),
    ],
)
def test_print_prints_the_keyless_entry(arguments: tuple[str, ...], words: list[str], tmp_path: Path) -> None:
    printed = mcp(home(tmp_path, "cursor"), "print", "cursor", "--secret", "store", *arguments).document["entry"]
    assert json.dumps(printed) == json.dumps({"command": words[0], "args": words[1:]})


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--sandbox", "--no-limits"), ["posthog-wizard", "mcp", "serve", "--sandbox"]),
        (
            ("--secret", "env", "--server", "local", "--region", "us"),
            ["posthog-wizard", "mcp", "serve", "--host", "https://us.posthog.com"],
        ),
        (("--oauth",), [None]),
    ],
)
def test_no_path_of_this_machine_is_in_a_file_that_others_read(
    flags: tuple[str, ...], words: list[str | None], tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    folder = place / "project"
    (folder / ".git").mkdir(parents=True)
    done = run(["mcp", "add", "cursor", "--scope", "project", *flags, "--json"], place, folder=folder)
    assert done.code == 0, done.err
    added = json.loads((folder / ".cursor/mcp.json").read_text())["mcpServers"]["posthog"]
    assert [added.get("command"), *added.get("args", [])] == words
    assert ("everybody who opens the project" in done.err) == (words != [None])
    listed = run(["mcp", "list", "--scope", "project", "--json"], place, folder=folder)
    assert listed.rows["cursor"]["entry"] == "current"


def test_the_command_that_renews_an_entry_names_its_scope(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    file = place / "project/.cursor/mcp.json"
    file.parent.mkdir(parents=True)
    (place / "project/.git").mkdir()
    file.write_text(json.dumps({"mcpServers": {"posthog": {"url": "https://mcp.posthog.com/sse"}}}))
    listed = run(["mcp", "list", "--scope", "project"], place, folder=place / "project").out
    assert "has an old entry; `mcp add --scope project` renews it" in listed
