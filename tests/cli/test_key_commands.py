"""`key set`, `show`, `rotate` and `forget`, in both stores; and what each failure says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.cli import output
from posthog_wizard.credentials import file_store
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import WriteRefused
from posthog_wizard.model import Secret
from posthog_wizard.operations.key_store.choice import keep
from tests.support.homes import FILES, entry, home
from tests.support.keyrings import ABSENT, BROKEN, CLINGING, DISMISSED, FORGETFUL, LOCKED, WITH_KEYRING
from tests.support.machines import KEY, lay, machine
from tests.support.posthog import PostHog, SandboxKey, failure
from tests.support.posthog_core import posthog
from tests.support.program import OTHER_KEY, PROJECT_KEY, Result, files, run

KEYS, KEYRING, PROFILES = ".config/posthog-wizard/keys.json", ".keyring.json", ".config/posthog-wizard/config.toml"
US = "https://us.posthog.com"
OFFLINE = ("--no-verify", "--region", "us")
SET = ("set", *OFFLINE, "--api-key-stdin")
FILE = ("--store", "file")
SCOPES = ("user:read", "organization:read", "project:read", "query:read")
INLINE = {"url": "https://mcp.posthog.com/mcp", "headers": {"Authorization": f"Bearer {KEY}"}}


def key(place: Path, *arguments: str, stdin: str = "", **environment: Any) -> Result:
    """`posthog-wizard key ARGUMENTS`."""
    return run(["key", *arguments], place, stdin, **environment)


def row(result: Result) -> Any:
    """The one profile of a document."""
    (found,) = result.document["profiles"]
    return found


def holders(place: Path, value: str) -> list[str]:
    """Every file below the home that holds the key."""
    return sorted(str(path.relative_to(place)) for path in files(place) if value.encode() in path.read_bytes())


def told(result: Result) -> tuple[Any, ...]:
    """The fields that every document of `key` has."""
    return tuple(
        result.document[name] for name in ("schema", "profile", "host", "store", "state", "outcome", "delete_at")
    )


def servers(*keys: str, **limits: Any) -> PostHog:
    """A PostHog that knows those keys."""
    return posthog(*(SandboxKey(one, SCOPES, **limits) for one in keys))


# ------------------------------------------------------------------ the life of a key


@pytest.mark.parametrize(
    ("flags", "environment", "store", "only"),
    [((), WITH_KEYRING, "keyring", KEYRING), (("--store", "keyring"), WITH_KEYRING, "keyring", KEYRING), (FILE, {}, "file", KEYS)],
)  # fmt: skip
def test_a_key_is_set_shown_rotated_and_forgotten(
    flags: tuple[str, ...], environment: dict[str, Any], store: str, only: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    with servers(KEY, OTHER_KEY) as server:
        done = key(place, "set", "--api-key-stdin", "--host", server.url, *flags, "--json", stdin=KEY, **environment)
        assert (done.code, done.document["key"]["source"], row(done)["store"]) == (0, "stdin", store)
        assert told(done) == ("posthog-wizard.key/1", "default", server.url, store, "valid", "stored", None)
        shown = row(key(place, "show", "--json", **environment))
        assert (shown["host"], shown["masked"], shown["state"], shown["label"]) == (
            server.url,
            "phx_…Jt0B",
            "valid",
            "Sandbox",
        )
        assert (set(shown["scopes"]), shown["used_by"]) == (set(SCOPES), [])
        rotated = key(place, "rotate", "--api-key-stdin", stdin=OTHER_KEY, **environment)
        assert (rotated.code, holders(place, KEY), holders(place, OTHER_KEY)) == (0, [], [only])
        assert f"delete the old key phx_…Jt0B (`Sandbox`) at {server.url}/settings/user-api-keys\n" in rotated.err
        assert row(key(place, "show", "--json", **environment))["masked"] == "phx_…i6Bo"
    forgotten = key(place, "forget", **environment)
    assert (forgotten.code, holders(place, OTHER_KEY)) == (0, [])
    assert f"delete it there if nobody needs it: {server.url}/settings/user-api-keys\n" in forgotten.err
    assert key(place, "show", "--json", **environment).document["profiles"] == []
    nothing = key(place, "forget", "--json", **environment)
    assert (nothing.document["profiles"], told(nothing)[5]) == ([], "unchanged")


@pytest.mark.parametrize(
    ("flags", "profiles"), [((), ["default"]), (("--profile", "work"), ["work"]), (("--all",), ["default", "work"])]
)
def test_what_is_forgotten_is_in_the_document(flags: tuple[str, ...], profiles: list[str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    key(place, *SET, *FILE, stdin=KEY)
    key(place, *SET, *FILE, "--profile", "work", stdin=OTHER_KEY)
    done = key(place, "forget", *flags, "--json").document
    assert (done["schema"], done["outcome"]) == ("posthog-wizard.key/1", "forgotten")
    assert [one["name"] for one in done["profiles"]] == profiles
    assert {one["delete_at"] for one in done["profiles"]} == {"https://us.posthog.com/settings/user-api-keys"}


@pytest.mark.parametrize(
    ("flags", "left", "profiles"), [((), [OTHER_KEY], ["default"]), (("--all",), [], ["default", "work"])]
)
def test_keys_whose_profile_is_gone_are_forgotten_too(
    flags: tuple[str, ...], left: list[str], profiles: list[str], tmp_path: Path
) -> None:
    """Somebody moved the profiles away, as our own hint about a damaged file says."""
    place = home(tmp_path, "cursor")
    key(place, *SET, *FILE, stdin=KEY)
    key(place, *SET, *FILE, "--profile", "work", stdin=OTHER_KEY)
    (place / PROFILES).unlink()
    done = key(place, "forget", *flags, "--json").document
    assert [one["name"] for one in done["profiles"]] == profiles
    assert {one["delete_at"] for one in done["profiles"]} == {"https://us.posthog.com/settings/user-api-keys"}
    assert [one for one in (KEY, OTHER_KEY) if holders(place, one)] == left


def test_a_damaged_sign_in_whose_profile_is_gone_keeps_no_key_from_being_forgotten(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    held = {name: {"host": "https://us.posthog.com", "key": text} for name, text in (("torn", "{"), ("work", KEY))}
    lay(place, f"{KEYS}={json.dumps({'version': 1, 'keys': held})}")
    (place / KEYS).chmod(0o600)
    done = key(place, "forget", "--all", "--json")
    assert [one["name"] for one in done.document["profiles"]] == ["torn", "work"]
    assert "the access that was there cannot be revoked from here: the stored sign-in is damaged" in done.err
    assert not (place / KEYS).exists()


def test_a_key_file_that_cannot_be_read_keeps_no_other_key_from_being_forgotten(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    lay(place, f'{PROFILES}=[profiles.default]\nkey = "env:MY_KEY"\n', f"{KEYS}=[]")
    done = key(place, "forget", "--json", MY_KEY=KEY)
    assert (done.code, told(done)[5]) == (0, "forgotten")
    assert "keys without a profile cannot be looked for: `" in done.err


@pytest.mark.parametrize(
    ("flags", "told_so"),
    [
        ((), "no profile `default`"),
        (("--profile", "eu"), "no key in the profile `eu`"),
        (("--all",), "no key in any profile"),
    ],
)
def test_a_profile_without_a_key_stays_as_it_is(flags: tuple[str, ...], told_so: str, tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    lay(place, f'{PROFILES}=[profiles.eu]\nhost = "https://eu.posthog.com"\n')
    before = (place / PROFILES).read_bytes()
    done = key(place, "forget", *flags, "--json")
    assert (done.document["profiles"], told(done)[5:]) == ([], ("unchanged", None))
    assert f"there is {told_so}, so there is nothing to forget" in done.err
    assert (place / PROFILES).read_bytes() == before


@pytest.mark.parametrize(
    ("reference", "shown", "environment"),
    [
        ("env:MY_KEY", "env:MY_KEY", {"MY_KEY": KEY}),
        ("file:key.txt", "file:{home}/key.txt", {}),
        ("command:/bin/cat key.txt", "command:/bin/cat", {}),
    ],
)
def test_a_key_that_stays_elsewhere(reference: str, shown: str, environment: dict[str, str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    (place / "key.txt").write_text(KEY)
    set_ = key(place, "set", *OFFLINE, "--reference", reference, "--profile", "work", "--json", **environment)
    assert (set_.code, row(set_)["store"]) == (0, shown.replace("{home}", str(place)))
    assert holders(place, KEY) == ["key.txt"]
    refused = key(place, "rotate", "--profile", "work", "--api-key-stdin", stdin=OTHER_KEY, **environment)
    assert (refused.code, "change it there, which is all that it needs" in refused.err) == (2, True)
    moved = key(
        place, "rotate", *OFFLINE[:1], "--profile", "work", *FILE, "--api-key-stdin", stdin=OTHER_KEY, **environment
    )
    assert (moved.code, holders(place, OTHER_KEY)) == (0, [KEYS])
    assert "is left as it is: the old key may still be there" in moved.err


def test_profiles_stand_beside_each_other_and_a_move_leaves_no_copy(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    key(place, *SET, *FILE, stdin=KEY)
    key(place, *SET, *FILE, "--profile", "work", stdin=OTHER_KEY)
    shown = key(place, "show", "--json").document["profiles"]
    assert [(one["name"], one["masked"]) for one in shown] == [("default", "phx_…Jt0B"), ("work", "phx_…i6Bo")]
    key(place, *SET, "--store", "keyring", stdin=KEY, **WITH_KEYRING)
    assert (holders(place, KEY), holders(place, OTHER_KEY)) == ([KEYRING], [KEYS])
    moved = key(place, "set", "--no-verify", "--region", "eu", "--api-key-stdin", stdin=KEY, **WITH_KEYRING)
    assert (moved.code, list(json.loads((place / KEYRING).read_text()))) == (
        0,
        ["posthog-wizard/default@https://eu.posthog.com"],
    )
    assert row(key(place, "show", "--profile", "work", "--json"))["name"] == "work"


@pytest.mark.parametrize("arguments", [SET, ("rotate", "--no-verify", "--api-key-stdin")])
def test_a_locked_keyring_can_be_left_for_the_file(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """It is what the hint about a locked keyring says, so it must succeed; the copy that stays behind is named."""
    place = home(tmp_path, "cursor")
    key(place, *SET, stdin=KEY, **WITH_KEYRING)
    moved = key(place, *arguments, *FILE, stdin=OTHER_KEY, **LOCKED)
    assert (moved.code, holders(place, OTHER_KEY)) == (0, [KEYS]), moved.err
    assert "may still be in the keyring: the keyring is locked" in moved.err
    assert row(key(place, "show", "--json"))["store"] == "file"


def test_copies_in_the_journal_go_before_the_store_that_tells_the_key(tmp_path: Path) -> None:
    """Afterwards nobody could look for them any more: a run that stops in between would leave them for ever."""
    place = home(tmp_path, "cursor")
    run(["mcp", "add", "--no-verify", "--region", "us", "--api-key-stdin"], place, KEY)
    run(["mcp", "remove"], place)
    key(place, *SET, stdin=KEY, **WITH_KEYRING)
    failed = key(place, "forget", **CLINGING)
    assert (failed.code, holders(place, KEY)) == (1, [KEYRING]), failed.err
    assert key(place, "forget", **WITH_KEYRING).code == 0
    assert holders(place, KEY) == []


def test_limits_are_kept_unless_they_are_of_another_posthog(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    key(place, *SET, *FILE, stdin=KEY)
    path = place / PROFILES
    path.write_text(f"# mine\n{path.read_text()}project = 5\nread_only = true\n")
    key(place, *SET, stdin=OTHER_KEY)
    assert "project = 5" in path.read_text()
    elsewhere = key(place, "set", "--no-verify", "--region", "eu", "--api-key-stdin", stdin=KEY)
    assert "are dropped" in elsewhere.err
    assert "project" not in path.read_text()
    assert path.read_text().startswith("# mine\n")
    assert "read_only = true" in path.read_text()


# ------------------------------------------------------------------ rotation


def test_copies_in_clients_files_are_rotated_and_everything_else_stays(tmp_path: Path) -> None:
    """A comment inside, another entry of PostHog's under its own name, and a stranger with the same key."""
    stranger = {"command": "x", "env": {"KEY": KEY}}
    text = json.dumps(
        {"theme": 1, "context_servers": {"posthog": {**INLINE, "enabled": True}, "mine": stranger}}, indent=1
    )
    place = home(
        tmp_path,
        "claude-code",
        zed=text.replace('"url"', '// the URL\n"url"'),
        cursor=json.dumps({"mcpServers": {"ph": INLINE}}),
    )
    key(place, *SET, *FILE, stdin=KEY)
    shown = row(key(place, "show", "--json", HTTPS_PROXY="http://127.0.0.1:1"))
    assert (shown["used_by"], shown["state"]) == (["cursor", "zed"], "unreachable")
    assert [use["how"] for use in shown["uses"]] == ["inline"] * 3
    rotated = key(place, "rotate", "--no-verify", "--api-key-stdin", "--json", stdin=OTHER_KEY)
    assert (rotated.code, rotated.outcomes) == (0, {"cursor": "updated", "zed": "updated"})
    assert (rotated.document["schema"], rotated.document["old"]["masked"]) == ("posthog-wizard.key/1", "phx_…Jt0B")
    assert (row(rotated)["masked"], row(rotated)["used_by"]) == ("phx_…i6Bo", ["cursor", "zed"])
    assert "the old key stays in `mine`, which is not PostHog's" in rotated.rows["zed"]["reason"]
    after = (place / FILES["zed"]).read_text()
    assert after == text.replace('"url"', '// the URL\n"url"').replace(KEY, OTHER_KEY, 1)
    assert entry(place, "cursor", "ph")["headers"]["Authorization"] == f"Bearer {OTHER_KEY}"
    assert holders(place, KEY) == [FILES["zed"]]
    assert holders(place, OTHER_KEY) == sorted([FILES["cursor"], FILES["zed"], KEYS])


def test_undo_does_not_bring_a_rotated_key_back(tmp_path: Path) -> None:
    """PostHog's user was told to delete it."""
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": INLINE}}))
    key(place, *SET, *FILE, stdin=KEY)
    rotated = key(place, "rotate", "--no-verify", "--api-key-stdin", stdin=OTHER_KEY)
    assert ("in plain text; `posthog-wizard mcp add`" in rotated.err, "mcp undo" in rotated.err) == (True, False)
    undone = run(["mcp", "undo", "--json"], place)
    assert (undone.code, undone.outcomes) == (1, {"cursor": "failed"})
    assert "was replaced by another since" in undone.rows["cursor"]["reason"]
    assert entry(place, "cursor")["headers"]["Authorization"] == f"Bearer {OTHER_KEY}"


def test_the_slower_of_two_rotations_changes_nothing(tmp_path: Path) -> None:
    """Clients' files would get the one new key, the store the other."""
    here = machine(tmp_path)
    before = Profile("default", "https://us.posthog.com", KeyReference("file-store", "default"))
    old, first, second = Secret(KEY), Secret(OTHER_KEY), Secret(f"{KEY}2")
    keep(here, before, old, Profile(before.name), output, command="key set")
    keep(here, before, first, before, output, command="key rotate", replaces=old)
    with pytest.raises(WriteRefused, match="another command has changed the key of the profile `default`"):
        keep(here, before, second, before, output, command="key rotate", replaces=old)
    with pytest.raises(WriteRefused, match="another command"):
        keep(
            here,
            before,
            second,
            before._replace(mcp_url="https://x.example"),
            output,
            command="key rotate",
            replaces=first,
        )
    assert file_store.read("default", "https://us.posthog.com", here) == first


@pytest.mark.parametrize(
    ("limits", "arguments", "code", "words"),
    [
        ({}, (), 0, "delete the old key"),
        ({"teams": (3,)}, (), 2, "the new key sees organization `Foxes`, the old one `Hedgehogs`; project `Den`"),
        ({"teams": (3,)}, ("-y",), 0, "delete the old key"),
    ],
)
def test_a_new_key_that_sees_something_else(
    limits: dict[str, Any], arguments: tuple[str, ...], code: int, words: str, tmp_path: Path
) -> None:
    place = home(tmp_path, "cursor")
    with posthog(SandboxKey(KEY, SCOPES), SandboxKey(OTHER_KEY, SCOPES, **limits)) as server:
        key(place, "set", "--api-key-stdin", "--host", server.url, *FILE, stdin=KEY)
        result = key(place, "rotate", "--api-key-stdin", *arguments, stdin=OTHER_KEY)
    assert (result.code, words in result.err) == (code, True), result.err
    assert holders(place, KEY if code else OTHER_KEY) == [KEYS]


def test_an_old_key_that_is_gone_already_is_replaced_all_the_same(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with servers(OTHER_KEY) as server:
        key(place, "set", "--no-verify", "--api-key-stdin", "--host", server.url, *FILE, stdin=KEY)
        result = key(place, "rotate", "--api-key-stdin", stdin=OTHER_KEY)
    assert (result.code, holders(place, OTHER_KEY)) == (0, [KEYS])
    assert "PostHog no longer takes the old key" in result.err


def test_the_hint_after_half_a_rotation_ends_it(tmp_path: Path) -> None:
    """The key is stored by then, so that a second `key rotate` has nothing to compare and nothing to look for."""
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": INLINE}}))
    key(place, *SET, *FILE, "--profile", "work", stdin=KEY)
    (place / FILES["cursor"]).chmod(0o400)
    half = key(place, "rotate", "--no-verify", "--profile", "work", "--api-key-stdin", stdin=OTHER_KEY)
    (place / FILES["cursor"]).chmod(0o600)
    again = key(place, "rotate", "--no-verify", "--profile", "work", "--api-key-stdin", stdin=OTHER_KEY)
    hint = half.err.rpartition("hint: ")[2].split("`")[1]
    assert (half.code, hint) == (1, "posthog-wizard mcp add cursor --secret store --profile work")
    assert (
        f"stored already\nhint: make a new one at {US}/settings/user-api-keys?preset=mcp_server; or lead" in again.err
    )
    assert f"clients that hold another key to this one: `{hint}`" in again.err
    assert run([*hint.split()[1:], "--no-verify"], place).code == 0
    assert (FILES["cursor"] in holders(place, KEY), holders(place, OTHER_KEY)) == (False, [KEYS])


def test_a_client_that_cannot_be_changed_keeps_the_old_key_from_being_deleted(tmp_path: Path) -> None:
    place = home(
        tmp_path,
        zed=json.dumps({"context_servers": {"posthog": INLINE}}),
        cursor=f'{{"mcpServers": {{"posthog": "{KEY}"',
    )
    key(place, *SET, *FILE, stdin=KEY)
    result = key(place, "rotate", "--no-verify", "--api-key-stdin", stdin=OTHER_KEY)
    assert (result.code, holders(place, KEY)) == (1, [FILES["cursor"]])
    assert "do not delete it yet" in result.err
    assert "updated" in result.out


# ------------------------------------------------------------------ failures


def corrupt(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[profiles.default\n")


def foreign(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name("keys.json").write_text("{}")
    path.with_name("keys.json").chmod(0o600)


def nothing(_path: Path) -> None:
    pass


@pytest.mark.parametrize(
    ("before", "arguments", "stdin", "environment", "code", "words"),
    [
        (nothing, ("set", *OFFLINE), "", {}, 2, ("no terminal to ask", "--api-key-stdin", "--reference")),
        (nothing, ("set", *OFFLINE, *FILE), "", {}, 2, ("no PostHog personal API key was given", "--api-key-file PATH")),
        (nothing, SET, KEY, {}, 2, ("there is no keyring", "--store file")),
        (nothing, SET, KEY, {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, 2, ("there is no keyring", "--store file")),
        (nothing, (*SET, "--store", "keyring"), KEY, {}, 1, ("there is no keyring on this machine", "--store file")),
        (nothing, (*SET, "--store", "keyring"), KEY, LOCKED, 1, ("the keyring is locked, and was not unlocked", "unlock it")),
        (nothing, (*SET, "--store", "keyring"), KEY, DISMISSED, 1, ("the keyring is locked, and was not unlocked", "--store file")),
        (nothing, (*SET, "--store", "keyring"), KEY, BROKEN, 1, ("the keyring could not be used: the bus has gone\n", "--store file")),
        (nothing, (*SET, "--store", "keyring"), KEY, ABSENT, 1, ("the keyring could not be used", "NoSuchKeyring")),
        (nothing, SET, KEY, FORGETFUL, 1, ("returned a different key", "--store file")),
        (nothing, (*SET, *FILE), " ", {}, 1, ("standard input holds no key",)),
        (nothing, (*SET, *FILE), PROJECT_KEY, {}, 1, ("this is a project API key",)),
        (nothing, (*SET, *FILE, "--profile", "a b"), KEY, {}, 2, ("a profile's name",)),
        (nothing, (*SET, *FILE, "--reference", "env:X"), KEY, {}, 2, ("leave `--store` and the key's flags out",)),
        (nothing, ("set", *OFFLINE, "--reference", "keyring:x"), "", {}, 2, ("one of our own stores",)),
        (nothing, ("set", *OFFLINE, "--reference", "vault:x"), "", {}, 2, ("`env:NAME`, `file:PATH` or `command:ARGV`",)),
        (nothing, ("set", *OFFLINE, "--reference", "env:NOTHING"), "", {}, 1, ("`NOTHING` holds no key",)),
        (nothing, ("set", *OFFLINE, "--reference", "file:nowhere"), "", {}, 1, ("nowhere` cannot be read",)),
        (nothing, ("set", *OFFLINE, "--reference", "command:/bin/false"), "", {}, 1, ("failed (exit code 1)",)),
        (nothing, ("set", "--no-verify", "--host", "http://posthog.example.com", *FILE, "--api-key-stdin"), KEY, {}, 2, ("plain http", "--allow-http")),
        (corrupt, (*SET, *FILE), KEY, {}, 1, ("config.toml:1:18: the profiles are no TOML", "it was not changed")),
        (corrupt, ("show",), "", {}, 1, ("config.toml:1:18: the profiles are no TOML",)),
        (corrupt, ("forget",), "", {}, 1, ("config.toml:1:18: the profiles are no TOML",)),
        (foreign, (*SET, *FILE), KEY, {}, 1, ("keys.json` cannot be used: it does not say that its version is 1",)),
        (nothing, ("show", "--profile", "nope"), "", {}, 1, ("no key in a profile `nope`", "key set")),
        (nothing, ("rotate", "--api-key-stdin"), KEY, {}, 1, ("no key in a profile `default`", "key set")),
    ],
)  # fmt: skip
def test_failures(
    before: Callable[[Path], None],
    arguments: tuple[str, ...],
    stdin: str,
    environment: dict[str, Any],
    code: int,
    words: tuple[str, ...],
    tmp_path: Path,
) -> None:
    """Nothing is stored then, and no other store is used behind the user's back."""
    place = home(tmp_path, "cursor")
    before(place / PROFILES)
    kept = {path: path.read_bytes() for path in files(place / ".config")} if (place / ".config").exists() else {}
    result = key(place, *arguments, stdin=stdin, **environment)
    assert (result.code, [word for word in words if word not in result.err]) == (code, []), result.err
    assert "hint: " in result.err
    assert [path for path in files(place) if path.name in {"keys.json", "config.toml"} and path not in kept] == []
    assert holders(place, KEY) == []
    assert {path: path.read_bytes() for path in kept} == kept


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "words"),
    [
        (("--api-key-stdin",), KEY, 2, "stored already"),
        (("--api-key-stdin", "--region", "eu"), OTHER_KEY, 2, "a rotation leaves it there"),
        (("--api-key-stdin", "--store", "keyring"), OTHER_KEY, 1, "there is no keyring"),
        ((), "", 2, "no PostHog personal API key was given"),
        (("--reference", "env:NOTHING"), "", 1, "`NOTHING` holds no key"),
    ],
)
def test_a_rotation_that_fails_leaves_the_old_key(
    arguments: tuple[str, ...], stdin: str, code: int, words: str, tmp_path: Path
) -> None:
    place = home(tmp_path, cursor=json.dumps({"mcpServers": {"posthog": INLINE}}))
    key(place, *SET, *FILE, stdin=KEY)
    result = key(place, "rotate", "--no-verify", *arguments, stdin=stdin)
    assert (result.code, words in result.err) == (code, True), result.err
    assert (holders(place, KEY), holders(place, OTHER_KEY)) == ([KEYS, FILES["cursor"]], [])


@pytest.mark.parametrize("answers", [{"state": "invalid"}, {"state": "unreachable"}])
def test_a_key_that_posthog_does_not_take_is_not_stored(answers: dict[str, str], tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with servers(OTHER_KEY) as server:
        server.will_answer(
            "GET", "/api/personal_api_keys/@current", failure(503), times=3 * (answers["state"] == "unreachable")
        )
        result = key(place, "set", "--api-key-stdin", "--host", server.url, *FILE, "--json", stdin=KEY)
    assert (result.code, result.document["error"]["code"]) == (
        1,
        {"invalid": "bad_key"}.get(answers["state"], "unreachable"),
    )
    assert (result.document["schema"], result.document["profiles"]) == ("posthog-wizard.key/1", [])
    assert holders(place, KEY) == []


def test_a_profile_called_like_a_command_is_no_command(tmp_path: Path) -> None:
    place = home(tmp_path)
    result = key(place, "rotate", "--profile", "show", "--json")
    assert (result.code, result.document["schema"]) == (1, "posthog-wizard.key/1")


def test_what_cannot_be_read_is_told_in_its_row(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    key(place, *SET, *FILE, stdin=KEY)
    key(place, *SET, "--profile", "locked", "--store", "keyring", stdin=OTHER_KEY, **WITH_KEYRING)
    (place / KEYS).chmod(0o644)
    rows = key(place, "show", "--json", **LOCKED).document["profiles"]
    assert [(one["state"], one["masked"]) for one in rows] == [("none", None)] * 2
    assert "can be read by other users" in rows[0]["problem"]
    assert "the keyring is locked" in rows[1]["problem"]
    told = key(place, "show", **LOCKED)
    assert (told.code, "chmod 600" in told.err, "unlock it" in told.err) == (0, True, True)
    assert "`posthog-wizard key set --profile locked --store file`" in told.err
    refused = key(place, "forget", "--profile", "locked", **LOCKED)
    assert (refused.code, "the keyring is locked" in refused.err) == (1, True)
    assert "[profiles.locked]" in (place / PROFILES).read_text()
