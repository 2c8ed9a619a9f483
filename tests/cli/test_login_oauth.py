"""`login --oauth`: the browser comes back to a port of ours; the token is renewed, told of, and revoked."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from posthog_wizard.cli import main
from posthog_wizard.credentials import profiles, store
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.sandbox.api.grants import TokenRules, revoke_family
from posthog_wizard.sign_in.token import OAuthToken
from tests.cli.test_key_commands import KEYS, holders, row
from tests.support.homes import home
from tests.support.machines import KEY, machine
from tests.support.people import coming_back
from tests.support.posthog import PostHog
from tests.support.posthog_core import posthog
from tests.support.program import Result, run, surroundings
from tests.support.program import _environment as environment_of

FILE = ("--store", "file")


def signed_in(place: Path, server: PostHog, *arguments: str, **fields: Any) -> Result:
    """`login --oauth` of somebody who approves; stderr is read while it runs."""
    out, err = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))

    def shown() -> str:
        return err.buffer.getvalue().decode()

    words = ["login", "--oauth", "--host", server.url, *FILE, "--json", *arguments]
    with environment_of(surroundings(place)), coming_back(server, shown, **fields):
        code = main.run(words, stdin=io.TextIOWrapper(io.BytesIO()), stdout=out, stderr=err)
    return Result(code, out.buffer.getvalue().decode(), shown())


def stored(place: Path) -> Any:
    """The token as the key file has it."""
    return json.loads(json.loads((place / KEYS).read_text())["keys"]["default"]["key"])


def test_signed_in_renewed_shown_and_signed_out(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(rules=TokenRules(lifetime=60)) as server:
        done = signed_in(place, server)
        assert done.code == 0, done.err
        assert (done.document["way"], done.document["key"]["state"]) == ("oauth", "valid")
        assert done.document["key"]["project"]["id"] == 2
        first = stored(place)
        shown = row(run(["key", "show", "--json"], place))
        assert (shown["way"], shown["state"], shown["expires"] is not None) == ("oauth", "valid", True)
        assert (stored(place)["access"], first["rotates"]) == (first["access"], False)
        out = run(["logout", "--json"], place)
        assert (out.code, out.document["outcome"], out.document["delete_at"]) == (0, "revoked", None), out.err
        assert server.lines[-1] == "POST /oauth/revoke/"
    assert holders(place, "pha_sandbox_") == []


def finding(place: Path) -> dict[str, tuple[str, str | None]]:
    """What doctor says of the key: status and fix, by id."""
    checks = run(["mcp", "doctor", "--json"], place).document["checks"]
    return {check["id"]: (check["status"], check["fix"]) for check in checks if check["id"].startswith("key.")}


def test_doctor_knows_a_token_and_says_when_a_person_has_to_sign_in_again(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(strict=False) as server:
        assert signed_in(place, server, access="read").code == 0
        good = finding(place)
        assert (good["key.source"][0], good["key.valid"][0], good["key.scopes"][0]) == ("ok", "ok", "warn")
        kept = server.sandbox.store
        revoke_family(kept, kept.rows("sign_in.refresh")[0]["family"])
        assert finding(place)["key.valid"] == ("fail", "sign in again: `posthog-wizard login --oauth`")


def test_forgetting_is_signing_out_and_rotating_is_signing_in_again(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert signed_in(place, server).code == 0
        refused = run(["key", "rotate", "--host", "http://127.0.0.1:9", "--json"], place)
        assert (refused.code, refused.document["schema"]) == (1, "posthog-wizard.key/1")
        done = run(["key", "forget", "--json"], place)
        assert (done.code, done.document["outcome"]) == (0, "revoked")


def test_all_that_is_forgotten_is_revoked_where_that_can_be_done(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert signed_in(place, server).code == 0
        mine = ("--profile", "mine", "--no-verify", "--api-key-stdin", *FILE, "--host", server.url)
        assert run(["key", "set", *mine], place, KEY).code == 0
        done = run(["key", "forget", "--all", "--json"], place)
        assert server.lines[-1] == "POST /oauth/revoke/"
    outcomes = {one["name"]: (one["outcome"], one["delete_at"]) for one in done.document["profiles"]}
    page = f"{server.url}/settings/user-api-keys"
    assert (done.code, outcomes) == (0, {"default": ("revoked", None), "mine": ("forgotten", page)})


def test_doctor_offline_renews_nothing(tmp_path: Path) -> None:
    place, host, name = home(tmp_path, "cursor"), "https://posthog.example.com", KeyReference("file-store", "default")
    here = machine(place)._replace(config_directory=place / ".config/posthog-wizard")
    profiles.save(here, Profile(host=host, key=name, way="oauth"))
    store.write(name, host, OAuthToken("pha_over", "phr_x", "c", 1.0, 2.0).secret, here)
    before = (place / KEYS).read_bytes()
    checks = run(["mcp", "doctor", "--offline", "--json"], place).document["checks"]
    found = {check["id"]: (check["status"], check["cause"]) for check in checks if check["id"].startswith("key.")}
    assert (found["key.source"], found["key.valid"]) == (("ok", None), ("skip", "it needs the network (`--offline`)"))
    assert (place / KEYS).read_bytes() == before


def test_offline_it_is_forgotten_and_said_where_it_ends(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert signed_in(place, server).code == 0
    out = run(["logout"], place)
    assert (out.code, "hint: take the access of `pw-cli` away at " in out.err) == (1, True), out.err
    assert holders(place, "pha_sandbox_") == []


def test_signing_in_again_ends_the_old_access_alone(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert signed_in(place, server).code == 0
        first = stored(place)
        assert signed_in(place, server, "-y").code == 0
        revoked = [request.raw.decode() for request in server.requests if request.path == "/oauth/revoke/"]
        assert revoked == [f"token={first['refresh']}&client_id={first['client']}"]
        assert row(run(["key", "show", "--json"], place))["state"] == "valid"
    assert list((place / ".config/posthog-wizard").glob("refresh-*")) == []


def test_a_key_that_takes_its_place_ends_it_too(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert signed_in(place, server).code == 0
        words = ["key", "set", "--api-key-stdin", "--no-verify", "--host", server.url, *FILE, "--json"]
        assert run(words, place, KEY).code == 0
        assert server.lines.count("POST /oauth/revoke/") == 1
        assert row(run(["key", "show", "--json"], place))["way"] == "key"


def test_access_that_is_not_kept_is_revoked(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog() as server:
        assert signed_in(place, server).code == 0
        before = (place / KEYS).read_bytes()
        other = signed_in(place, server, "-y", "--project", "1")
        assert (other.code, (place / KEYS).read_bytes()) == (1, before)
        assert other.document["error"]["hint"].endswith("what you had stays, and the new access was revoked")
        assert server.lines.count("POST /oauth/revoke/") == 1


def test_access_that_the_store_does_not_take_is_revoked(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    file = place / KEYS
    with posthog() as server:
        lost = signed_in(place, server, meanwhile=file.mkdir)
        assert (lost.code, server.lines.count("POST /oauth/revoke/")) == (1, 1)
    assert lost.document["error"]["hint"] == "sign in again once it can be stored: the new access was revoked"


def test_doctor_tells_two_sign_ins_of_one_account(tmp_path: Path) -> None:
    place = home(tmp_path, "cursor")
    with posthog(strict=False) as server:
        assert signed_in(place, server).code == 0
        assert finding(place)["key.account"] == ("ok", None)
        assert signed_in(place, server, "--profile", "again").code == 0
        assert signed_in(place, server, "--profile", "reading", access="read").code == 0
        fix = "sign out of one of them: `posthog-wizard logout --profile again`"
        assert finding(place)["key.account"] == ("warn", fix)
