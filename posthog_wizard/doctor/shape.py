"""Is the entry spelled as the client reads it, and does it stand where the client looks?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from posthog_wizard.clients.entries import URL, address
from posthog_wizard.clients.paths import first_path
from posthog_wizard.clients.recognise import recognise
from posthog_wizard.doctor import rewrite
from posthog_wizard.doctor.again import add_again, add_to
from posthog_wizard.doctor.check import Check, Repair, advice
from posthog_wizard.doctor.patient import Patient
from posthog_wizard.errors import ConfigError, NotSupported
from posthog_wizard.install.detect import at_path
from posthog_wizard.model import Client, Found, Json, Style
from posthog_wizard.plan.draft import Draft

CONTAINERS: tuple[tuple[str, ...], ...] = (
    ("mcpServers",),
    ("servers",),
    ("context_servers",),
    ("mcp", "servers"),
)  # all that clients use


def shape(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether the client takes each entry for what it is."""
    check_id = f"client.{client.id}.shape"
    for entry in patient.of(client):
        cause = misread(entry.value, entry.found.place.style)
        if cause is None:
            yield Check(check_id, "ok", f"`{entry.name}` is spelled as {client.title} reads it", data=entry.where)
        else:
            repair = rewrite.renew(entry, patient)
            title, mended = f"{client.title}: `{entry.name}`", advice(repair, add_again(entry))
            yield Check(check_id, "fail", title, cause, mended, repair, entry.where)


def misread(value: Mapping[str, Json], style: Style) -> str | None:
    """Why a client of this style does not understand the entry; None when it does."""
    if address(value) is None:
        return None
    if style.remote is None:
        return "this client only starts programs from its file; an address there is dead"
    if "command" in value:
        return "it has both an address and a command, which stops some clients from starting"
    field = next(name for name, stands_for in style.remote.items() if stands_for == URL)
    if not {field, *style.addresses} & set(value):
        used = next(name for name in ("url", "serverUrl", "httpUrl") if name in value)
        return f"the address stands under `{used}`, and the client reads `{field}`"
    for name, known in style.required.items():
        if value.get(name) not in known:
            return (
                f"`{name}` is {_quoted(value.get(name))}, and must be `{known[0]}`, or the client does not see a server"
            )
    return None


def place(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether an entry stands where the client does not look, while there is none where it does."""
    check_id = f"client.{client.id}.place"
    places = [found for found in patient.places(client) if found.path not in patient.problems]
    if not places:
        return
    if any(entry.is_posthog for entry in patient.of(client)):
        yield Check(check_id, "ok", f"PostHog stands where {client.title} reads it", data={"path": str(places[0].path)})
        return
    for found, where, name, value, why in _unread(patient, client, places):
        repair = _move(found, name, value, patient)
        yield Check(
            check_id,
            "fail",
            f"{client.title}: `{name}`",
            f"it stands in {where}, which is not read: {why}",
            advice(repair, add_to(found)),
            repair,
            {"path": str(found.path), "scope": found.place.scope, "entry": name},
        )
        return
    yield Check(check_id, "skip", client.title, "there is no entry", data={"path": str(places[0].path)})


Unread = tuple[Found, str, str, Json, str]  # where it belongs, where it stands, its name and value, why it is not read


def _unread(patient: Patient, client: Client, places: list[Found]) -> Iterator[Unread]:
    """PostHog's entries in the wrong container, in a file of the past, or in one that another takes the place of."""
    for found in places:
        for container in CONTAINERS:
            if container != found.place.container:
                key = ".".join(container)
                why = f"{client.title} reads `{'.'.join(found.place.container)}`"
                yield from ((found, f"`{key}`", name, value, why) for name, value in _entries(found, container))
    for path, container, why in _files(patient, client, places):
        stray = at_path(client, path, patient.options.scope)
        yield from ((places[0], f"`{path}`", name, value, why) for name, value in _entries(stray, container))


def _files(patient: Patient, client: Client, places: list[Found]) -> Iterator[tuple[Path, tuple[str, ...], str]]:
    for stray in client.strays:
        path = first_path(stray.paths.get(patient.machine.os, ()), patient.machine)
        if path is not None:
            yield path, stray.container, stray.why
    if places[0].place.instead:
        for other in client.places:
            path = first_path(other.paths.get(patient.machine.os, ()), patient.machine)
            if not other.instead and other.scope == "user" and path is not None:
                yield path, other.container, f"the store package reads `{places[0].path}`"


def _entries(found: Found, container: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    """PostHog's entries in that container; none where the file cannot be read, which is not the client's file."""
    try:
        entries = Draft(found).get(container)
    except ConfigError:
        return
    if isinstance(entries, Mapping):
        yield from ((name, value) for name, value in entries.items() if recognise(value) not in {None, "installation"})


def _move(found: Found, name: str, value: Json, patient: Patient) -> Repair | None:
    """Put it where it belongs; not in a project, where that would make a stranger's entry one of ours."""
    if found.place.scope == "project":
        return None
    try:
        spelled = rewrite.renewed(value, style=found.place.style, launcher=rewrite.steady_launcher(patient, found))
    except (NotSupported, ValueError):
        return None
    return rewrite.place(found, name, spelled, f"put the entry `{name}` where {found.client.title} reads it")


def _quoted(value: Json) -> str:
    return f"`{value}`" if value is not None else "missing"
