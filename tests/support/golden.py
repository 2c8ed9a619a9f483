"""What lands in each client's file, kept as files below `tests/golden/clients/<client>/` and rewritten by running this module.

`python -m tests.support.golden` writes them anew; a test compares them with what the program writes today.
"""

from __future__ import annotations

import json
from pathlib import Path

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.entries import PROMPT_ID, render_entry
from posthog_wizard.errors import NotSupported
from posthog_wizard.model import (
    Client,
    DesiredServer,
    EnvironmentReference,
    Key,
    Limits,
    Place,
    Prompted,
    Secret,
    Stored,
)
from posthog_wizard.plan.servers import server_for
from tests.support.machines import KEY, LAUNCHER

FOLDER = Path(__file__).parent.parent / "golden" / "clients"
HOSTED = "https://mcp.posthog.com/mcp"
SELF_HOSTED = "https://posthog.example.com"
EVERYTHING = Limits()
LIMITS = Limits("0190a1b2", "42", ("flags", "experiments"), ("query-run",), read_only=True)


def wish(kind: str, key: Key, limits: Limits = EVERYTHING) -> DesiredServer:
    """A wish for the hosted server, or for our own before a self-hosted PostHog."""
    if kind == "hosted":
        return DesiredServer("posthog", "hosted", HOSTED, key, LAUNCHER, limits)
    return DesiredServer("posthog", "local", SELF_HOSTED, key, LAUNCHER, limits, ("--ca-file", "/etc/ssl/company.pem"))


WISHES: dict[str, DesiredServer] = {
    "hosted-inline": wish("hosted", Secret(KEY)),
    "hosted-limits": wish("hosted", Secret(KEY), LIMITS),
    "hosted-oauth": wish("hosted", None),
    "hosted-env": wish("hosted", EnvironmentReference("MY_KEY")),
    "hosted-prompt": wish("hosted", Prompted(PROMPT_ID)),
    "hosted-store": wish("hosted", Stored()),
    "local-inline": wish("local", Secret(KEY)),
    "local-limits": wish("local", Secret(KEY), LIMITS),
    "local-env": wish("local", EnvironmentReference("MY_KEY")),
    "local-prompt": wish("local", Prompted(PROMPT_ID)),
    "local-store": wish("local", Stored("work"), LIMITS),
}


def entries(client: Client) -> dict[str, dict[str, object]]:
    """File name -> wish -> the entry, or why the client cannot have it; one file a distinct way of writing."""
    styles = {json.dumps([place.container, str(place.schema)]): place for place in client.places}
    return {
        f"{client.id}/{index}.json": {name: entry(client, place, one) for name, one in WISHES.items()}
        for index, place in enumerate(styles.values(), 1)
    }


def entry(client: Client, place: Place, one: DesiredServer) -> object:
    """The entry below its container's keys."""
    try:
        value: object = {one.name: render_entry(place.schema, server_for(client, place.schema, one))}
    except NotSupported as problem:
        return f"not supported: {problem.message}"
    for key in reversed(place.container):
        value = {key: value}
    return value


def text(content: dict[str, object]) -> str:
    """A golden file's text."""
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write every golden file anew."""
    for client in CLIENTS.values():
        for name, content in entries(client).items():
            path = FOLDER / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text(content), encoding="utf-8")


if __name__ == "__main__":
    main()
