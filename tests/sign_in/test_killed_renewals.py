"""Renewals that are killed: what does not rotate is never lost, and what rotates is never retried after the time of grace."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from posthog_wizard.credentials import profiles
from posthog_wizard.sandbox.api.grants import TokenRules, grant_access, hashed
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS
from posthog_wizard.sign_in.token import OAuthToken
from tests.sign_in.test_shared_token import PROFILE
from tests.support.machines import machine
from tests.support.posthog import PostHog
from tests.support.posthog_core import posthog
from tests.support.program import REPOSITORY

MANY = 150
PLAIN, ROTATING, ROTATING_LATER = TokenRules(), TokenRules(rotating=True), TokenRules(rotating=True, grace=0)


def sign_in(server: PostHog, number: int, *, rotates: bool | None) -> str:
    """A token that is over, as somebody's sign-in left it."""
    refresh = f"phr_sandbox_{number}"
    fields = {"client": "c", "client_name": "ours", "scopes": ["user:read"], "teams": [2], "family": f"family{number}"}
    server.sandbox.store.add(f"{SIGN_IN_ROWS}refresh", {"id": hashed(refresh), **fields})
    access = grant_access(server.sandbox.store, fields, 60, server.now())
    return OAuthToken(access, refresh, "c", 1.0, 2.0, rotates=rotates).secret.reveal()


@pytest.mark.e2e
@pytest.mark.unfollowed  # who is killed writes down no coverage
@pytest.mark.parametrize(
    ("rules", "rotates", "later", "allowed"),
    [
        (PLAIN, False, "no", {"served"}),
        (PLAIN, None, "yes", {"served"}),
        (ROTATING, True, "no", {"served"}),
        (ROTATING_LATER, True, "yes", {"served", "over"}),
    ],
)
def test_fifty_kills(rules: TokenRules, rotates: bool | None, later: str, allowed: set[str], tmp_path: Path) -> None:
    with posthog(rules=rules) as server:
        profiles.save(machine(tmp_path), PROFILE._replace(host=server.url))
        tokens = [sign_in(server, number, rotates=rotates) for number in range(MANY)]
        (tmp_path / "tokens.json").write_text(json.dumps(tokens))
        words = [sys.executable, "-m", "tests.support.renewals", str(tmp_path), server.url, later]
        done = subprocess.run(words, capture_output=True, text=True, cwd=REPOSITORY, check=False, timeout=200)
        families = {row["family"] for row in server.sandbox.store.rows(f"{SIGN_IN_ROWS}refresh")}
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found.pop("kills") >= 50
    assert set(found) == allowed
    assert len(families) == MANY  # a refresh token that came twice would have ended its own
