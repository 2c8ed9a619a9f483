"""The table of install links. `python -m tests.support.install_links` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.deeplinks import deeplinks
from posthog_wizard.clients.entries import render_entry
from posthog_wizard.clients.print_only import PRINT_ONLY
from posthog_wizard.model import Client
from posthog_wizard.plan.servers import server_for
from tests.support.golden import WISHES

PAGE = Path(__file__).parents[2] / "docs" / "install-links.md"
LINKED = [client for client in (*CLIENTS.values(), *PRINT_ONLY.values()) if client.deeplink]
_MARKS = re.compile(r"(<!-- links -->\n).*?(<!-- /links -->)", re.DOTALL)


def links(client: Client) -> tuple[str | None, str | None]:
    """The client's links to PostHog's hosted server, with which it signs in."""
    schema = client.places[0].schema
    return deeplinks(
        client, "posthog", render_entry(schema, server_for(client, schema, WISHES["hosted-oauth"]), "posthog")
    )


def with_table(text: str) -> str:
    """The page's text with the table as it is today."""
    rows = [_row(client) for client in LINKED]
    table = "".join(
        f"| {' | '.join(cells)} |\n" for cells in (["client", "add PostHog", "its own link"], ["---"] * 3, *rows)
    )
    return _MARKS.sub(lambda found: found[1] + table + found[2], text)


def _row(client: Client) -> list[str]:
    link, web = links(client)
    own = "" if link == web else f"`{link}`"
    return [f"{client.title} (`{client.id}`)", f"[add to {client.title}]({web})" if web else "", own]


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
