"""One access token for many processes: renewed once, never lost, and over when PostHog says so."""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.credentials import profiles, store
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import ServerFault, SignInExpired, StoreUnusable, WizardError
from posthog_wizard.model import Machine, Secret
from posthog_wizard.sandbox.api.grants import TokenRules, grant_access, hashed
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS
from posthog_wizard.settings import stored_key
from posthog_wizard.sign_in.shared_token import current_key, stored_token
from posthog_wizard.sign_in.token import OAuthToken
from posthog_wizard.tools.workspace import Access, Workspace
from tests.support.machines import machine
from tests.support.network import Authority
from tests.support.posthog import PostHog, Reply, failure
from tests.support.posthog_core import posthog
from tests.support.program import command, surroundings

PLACE, REFRESH = KeyReference("file-store", "default"), "phr_sandbox_first"
ROTATING = TokenRules(interval=1, rotating=True)
PROFILE = Profile("default", key=PLACE, way="oauth")


def granted(server: PostHog) -> OAuthToken:
    """The tokens of somebody who has signed in."""
    fields = {"client": "c", "client_name": "ours", "scopes": ["user:read"], "teams": [2], "family": "f"}
    server.sandbox.store.add(f"{SIGN_IN_ROWS}refresh", {"id": hashed(REFRESH), **fields})
    access = grant_access(server.sandbox.store, fields, 604800, server.now())
    return OAuthToken(access, REFRESH, "c", time.time(), time.time() + 604800)


def kept(server: PostHog, here: Machine, **changes: Any) -> Profile:
    """The profile that holds those tokens."""
    profile = PROFILE._replace(host=server.url)
    profiles.save(here, profile)
    store.write(PLACE, server.url, granted(server)._replace(**changes).secret, here)
    return profile


def renewals(server: PostHog) -> int:
    return server.lines.count("POST /oauth/token/")


def over() -> dict[str, Any]:
    return {"expires": time.time() - 10}


def nearly_over() -> dict[str, Any]:
    return {"issued": time.time() - 600000, "expires": time.time() + 60}


def test_a_token_that_is_good_is_not_renewed(tmp_path: Path) -> None:
    with posthog() as server:
        profile = kept(server, machine(tmp_path))
        key = current_key(profile, server.url, machine(tmp_path))
        assert (key.reveal()[:12], renewals(server)) == ("pha_sandbox_", 0)


@pytest.mark.parametrize("changes", [over, nearly_over])
@pytest.mark.parametrize("rules", [TokenRules(), ROTATING])
def test_one_that_is_over_or_nearly_is_renewed_once(
    rules: TokenRules, changes: Callable[[], dict[str, Any]], tmp_path: Path
) -> None:
    here = machine(tmp_path)
    with posthog(rules=rules) as server:
        profile = kept(server, here, **changes())
        keys = [current_key(profile, server.url, here) for _ in range(3)]
        assert (len(set(keys)), renewals(server)) == (1, 1)
        token = stored_token(profile, server.url, here)
        assert token is not None
        assert (token.rotates, token.refresh != REFRESH, token.tried) == (rules.rotating, rules.rotating, None)


def test_a_token_that_posthog_refuses_is_renewed_whatever_the_clock_says(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here)
        old = current_key(profile, server.url, here)
        assert current_key(profile, server.url, here, old) != old
        assert current_key(profile, server.url, here, old) != old
        assert renewals(server) == 1


ENDED = Reply(
    400, {"error": "invalid_grant", "error_description": "This application's access was revoked; re-authorize."}
)


@pytest.mark.parametrize(
    ("reply", "changes", "error", "words"),
    [
        (ENDED, over, SignInExpired, "access was revoked"),
        (failure(503), over, ServerFault, "failed with status 503"),
        (Reply(200, b"<html>"), over, WizardError, "no access token"),
    ],
)
def test_why_it_cannot_be_renewed(
    reply: Reply, changes: Callable[[], dict[str, Any]], error: type[WizardError], words: str, tmp_path: Path
) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, **changes())
        server.will_answer("POST", "/oauth/token/", reply)
        with pytest.raises(error, match=words):
            current_key(profile, server.url, here)


def refused(profile: Profile, host: str, here: Machine) -> SignInExpired:
    with pytest.raises(SignInExpired) as caught:
        current_key(profile, host, here)
    return caught.value


def test_who_has_to_sign_in_again_is_told_without_asking_posthog_again(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, **over())
        server.will_answer("POST", "/oauth/token/", ENDED)
        hints = [refused(profile, server.url, here).hint for _ in range(3)]
        assert (renewals(server), set(hints)) == (1, {"sign in again: `posthog-wizard login --oauth`"})


@pytest.mark.parametrize("reply", [failure(503), Reply(200, b"<html>")])
def test_trouble_keeps_a_token_that_is_still_good(reply: Reply, tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, **nearly_over())
        server.will_answer("POST", "/oauth/token/", reply, times=2)
        before = stored_token(profile, server.url, here)
        assert before is not None
        assert current_key(profile, server.url, here).reveal() == before.access
        assert current_key(profile, server.url, here).reveal() == before.access


@pytest.mark.parametrize("ca_file", ["absent.pem", "other.pem"])
def test_an_authority_of_no_use_keeps_a_token_that_is_still_good(ca_file: str, tmp_path: Path) -> None:
    here = machine(tmp_path)
    Authority().write(tmp_path / "other.pem")
    with posthog(tls=Authority().server("127.0.0.1")) as server:
        profile = kept(server, here, **nearly_over(), ca_file=str(tmp_path / ca_file))
        assert current_key(profile, server.url, here).reveal().startswith("pha_")
        assert renewals(server) == 0


def test_it_is_renewed_with_the_authority_of_the_sign_in(tmp_path: Path) -> None:
    here, authority = machine(tmp_path), Authority()
    with posthog(tls=authority.server("127.0.0.1")) as server:
        profile = kept(server, here, **over(), ca_file=str(authority.write(tmp_path / "authority.pem")))
        first = current_key(profile, server.url, here)
        assert current_key(profile, server.url, here, first) != first
        assert renewals(server) == 2


def test_without_a_refresh_token_it_is_over_when_it_is_over(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, refresh=None, **over())
        with pytest.raises(SignInExpired, match="cannot be renewed"):
            current_key(profile, server.url, here)


WELL: dict[str, Any] = {
    "access": "a",
    "refresh": None,
    "client": "c",
    "issued": 1,
    "expires": 2,
    "scopes": [],
    "projects": [],
}


@pytest.mark.parametrize("fields", [{"access": 1}, {**WELL, "expires": "soon"}, {**WELL, "issued": None}])
def test_what_is_damaged_is_told(fields: dict[str, Any], tmp_path: Path) -> None:
    here = machine(tmp_path)
    store.write(PLACE, "http://127.0.0.1:9", Secret(json.dumps(fields)), here)
    with pytest.raises(StoreUnusable, match="damaged") as problem:
        current_key(PROFILE._replace(name="work"), "http://127.0.0.1:9", here)
    assert problem.value.hint == "sign in again: `posthog-wizard login --oauth --profile work`"


def test_a_renewal_that_was_broken_off_is_not_tried_again_after_the_time_of_grace(tmp_path: Path) -> None:
    """PostHog would take it for a theft, and revoke everything of this sign-in."""
    here = machine(tmp_path)
    with posthog(rules=ROTATING) as server:
        profile = kept(server, here, rotates=True, tried=time.time() - 200, **over())
        with pytest.raises(SignInExpired, match="broken off"):
            current_key(profile, server.url, here)
        assert renewals(server) == 0
        profile = kept(server, here, rotates=True, tried=time.time() - 20, refresh=REFRESH, **over())
        assert current_key(profile, server.url, here).reveal().startswith("pha_")


def test_where_it_does_not_rotate_a_broken_renewal_is_tried_again_whenever(tmp_path: Path) -> None:
    here = machine(tmp_path)
    with posthog() as server:
        profile = kept(server, here, tried=time.time() - 1_000_000, **over())
        assert current_key(profile, server.url, here).reveal().startswith("pha_")


def test_the_bundled_server_renews_what_posthog_refuses(tmp_path: Path) -> None:
    here = machine(tmp_path)

    async def scenario(server: PostHog) -> None:
        profile = kept(server, here)
        workspace = Workspace(Access(host=server.url, source=stored_key(here, profile, server.url)))
        client = await workspace.client()
        assert (await client.get("/api/users/@me/"))["email"] == "max@example.com"
        server.sandbox.store.remove(
            f"{SIGN_IN_ROWS}grants", server.sandbox.store.rows(f"{SIGN_IN_ROWS}grants")[0]["id"]
        )
        assert (await client.get("/api/users/@me/"))["email"] == "max@example.com"
        assert renewals(server) == 1
        server.sandbox.store.remove(
            f"{SIGN_IN_ROWS}grants", server.sandbox.store.rows(f"{SIGN_IN_ROWS}grants")[0]["id"]
        )
        server.will_answer("POST", "/oauth/token/", ENDED)
        with pytest.raises(SignInExpired, match="access was revoked"):
            await client.get("/api/users/@me/")
        await workspace.close()

    with posthog() as server:
        asyncio.run(scenario(server))


CODEX, GEMINI = {"PATH", "HOME", "LANG", "TMPDIR"}, {"PATH", "HOME", "TERM", "XDG_STATE_HOME"}
NEEDED = {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHON_KEYRING_BACKEND", "WIZARD_PROGRAMS"}


@pytest.mark.e2e
@pytest.mark.unfollowed  # the tests above show the lines, each in this process
def test_twenty_processes_renew_once(tmp_path: Path) -> None:
    """Two of them have the environments that Codex and Gemini CLI hand to the programs that they start."""
    home = tmp_path / "home"
    home.mkdir()
    whole = surroundings(home)
    here = replace_folders(machine(tmp_path), home)
    environments = [
        *({name: value for name, value in whole.items() if name in given | NEEDED} for given in (CODEX, GEMINI)),
        *[whole] * 18,
    ]
    with posthog() as server:
        kept(server, here, **over())

        def shown(environment: dict[str, str]) -> str:
            words = command(["key", "show", "--json"])
            done = subprocess.run(
                words, capture_output=True, text=True, env=environment, cwd=home, check=False, timeout=120
            )
            return str(json.loads(done.stdout)["profiles"][0]["state"])

        with ThreadPoolExecutor(20) as pool:
            states = list(pool.map(shown, environments))
        assert (states, renewals(server)) == (["valid"] * 20, 1)


def replace_folders(here: Machine, home: Path) -> Machine:
    return here._replace(
        config_directory=home / ".config/posthog-wizard", state_directory=home / ".local/state/posthog-wizard"
    )
