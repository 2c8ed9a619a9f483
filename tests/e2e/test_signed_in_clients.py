"""Real clients connect through a bridge that is signed in by OAuth, and still after the token is over; no file changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.credentials import profiles, store
from posthog_wizard.sign_in.shared_token import stored_token
from tests.e2e.test_keyless_clients import SHOWN, connects, digests, wizard
from tests.sign_in.test_shared_token import PLACE, kept, over, replace_folders
from tests.support.homes import ALL, home
from tests.support.machines import machine
from tests.support.mcp_server import McpServer, mcp_server
from tests.support.posthog import Reply
from tests.support.posthog_core import posthog
from tests.support.real_clients import connect

pytestmark = pytest.mark.e2e
NEWER = "pha_Sd7Lk2Wq9Zx4Vb6Nm1Rt8Yp3Gh5Jf0Ca2Eu4Io6Tb8"


@pytest.mark.parametrize("client", [*SHOWN, "codex"])
def test_a_client_stays_connected_after_the_token_is_over(client: str, tmp_path: Path) -> None:
    place = home(tmp_path, *ALL)
    (place / ".tmp").mkdir()
    (place / ".gemini/trustedFolders.json").write_text(f'{{"{place}": "TRUST_FOLDER"}}')
    here = replace_folders(machine(tmp_path), place)
    with posthog() as server, mcp_server("") as hosted:
        profile = kept(server, here)
        profiles.save(here, profile._replace(mcp_url=hosted.url))
        token = stored_token(profile, server.url, here)
        assert token is not None
        hosted.key = token.access
        wizard(place, "mcp", "add", "--secret", "store", "--no-verify", "--mcp-url", hosted.url)
        assert reaches(place, client, hosted)
        before = digests(place)  # Claude Code writes its own once
        store.write(PLACE, server.url, token._replace(**over()).secret, here)
        server.will_answer("POST", "/oauth/token/", Reply(200, {"access_token": NEWER, "expires_in": 604800}))
        hosted.key = NEWER
        assert reaches(place, client, hosted)
        assert (digests(place), hosted.refused) == (before, [])


def reaches(place: Path, client: str, hosted: McpServer) -> bool:
    """Whether the client says that it is connected; Codex says nothing, but begins a session before it asks a model."""
    hosted.messages.clear()
    if client != "codex":
        return connects(place, client)

    def seen() -> bool:
        return any(message.headers["authorization"] == f"Bearer {hosted.key}" for message in hosted.messages)

    connect("codex", place, ready=seen)
    return seen()
