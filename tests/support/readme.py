"""The tables of README and `docs/`, made from the program's own data. `python -m tests.support.readme` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from posthog_wizard.clients import CLIENTS
from posthog_wizard.clients.paths import usual_path
from posthog_wizard.clients.print_only import PRINT_ONLY
from posthog_wizard.model import Client, OperatingSystem, Place
from posthog_wizard.tools import TOOLS
from tests.support.golden import WISHES, entry

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
SYSTEMS: tuple[OperatingSystem, ...] = ("mac", "linux", "windows")
ABILITIES = {
    "key in the entry": "hosted-inline",
    "`--oauth`": "hosted-oauth",
    "`--secret store`": "hosted-store",
    "`--secret env`": "hosted-env",
    "`--secret prompt`": "hosted-prompt",
}


def tables() -> dict[str, str]:
    """Each table by the name of its marks in the pages."""
    return {"files": _files(), "abilities": _abilities(), "by hand": _by_hand(), "tools": _tools()}


def with_tables(text: str) -> str:
    """A page's text with every table that it has as that is today."""
    for name, table in tables().items():
        text = re.sub(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", rf"\1{_literal(table)}\2", text, flags=re.DOTALL)
    return text


def _literal(table: str) -> str:
    return table.replace("\\", r"\\")


def _files() -> str:
    rows = [
        [f"{client.title} (`{client.id}`)", *(_file(client, place, system) for system in SYSTEMS)]
        for client in CLIENTS.values()
        for place in client.places
        if place.scope == "user" and not place.merged and any(place.paths.get(system) for system in SYSTEMS)
    ]
    return _table(["client", "macOS", "Linux", "Windows"], rows)


def _file(client: Client, place: Place, system: OperatingSystem) -> str:
    path = usual_path(place, system)
    return f"`{path}` ({client.proofs.get(system, 'documented')})" if path else ""


def _by_hand() -> str:
    rows = [
        [f"{client.title} (`{client.id}`)", f"`{usual_path(client.places[0], 'linux')}`", str(client.print_only)]
        for client in PRINT_ONLY.values()
    ]
    return _table(["client", "where to paste it", "because"], rows)


def _abilities() -> str:
    rows = [
        [client.title, *(_can(client, desired) for desired in ABILITIES.values()), _project(client)]
        for client in CLIENTS.values()
    ]
    return _table(["client", *ABILITIES, "`--scope project`"], rows)


def _can(client: Client, desired: str) -> str:
    place = next(place for place in client.places if place.scope == "user")
    return "no" if isinstance(entry(client, place, WISHES[desired]), str) else "yes"


def _project(client: Client) -> str:
    paths = [place.paths["linux"][0] for place in client.places if place.scope == "project"]
    return f"`{paths[0].removeprefix('{project}/')}`" if paths else "no"


def _tools() -> str:
    rows = [
        [
            f"`{tool.name}`",
            tool.description.replace("|", "\\|"),
            ", ".join(f"`{scope}`" for scope in tool.scopes) or "none",
        ]
        for tool in sorted(TOOLS, key=lambda tool: (tool.feature, tool.name))
    ]
    return _table(["tool", "what it does", "scopes"], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
