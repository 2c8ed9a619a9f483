"""Would the client find the variables that an entry names, the command that it starts, and a way to sign in?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from posthog_wizard.api.key_text import PLACEHOLDERS
from posthog_wizard.clients.entries import AUTH_HEADER, AUTH_VARIABLE, PROMPT_ID
from posthog_wizard.clients.expansion import named, unset
from posthog_wizard.doctor import rewrite
from posthog_wizard.doctor.again import add_again
from posthog_wizard.doctor.check import MEND, Check, Repair, advice
from posthog_wizard.doctor.install import is_absolute
from posthog_wizard.doctor.patient import Entry, Patient, Trusted
from posthog_wizard.doctor.surroundings import how_to_set, surroundings
from posthog_wizard.install.detect import project_root
from posthog_wizard.install.impostors import impostors
from posthog_wizard.machine import find_program
from posthog_wizard.model import Client, EnvironmentReference, Prompted, Stdio
from posthog_wizard.plan.draft import Draft

FOR_ALL = "install it where every program finds it: `uv tool install posthog-wizard` or `pipx install posthog-wizard`"
# A reference in any client's way of writing it; what it names is the first group that matched.
ANY_REFERENCE = re.compile(
    r"\$\{(?:env:)?([A-Za-z_]\w*)(?::-(?:[^$}]|\$(?!\{))*+)?\}|\{env:([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)"
)
INPUT = re.compile(r"\$\{input:([^${}]+)\}")
VARIABLE = re.compile(r"[A-Za-z_]\w*")


def environment(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether each variable that an entry refers to is set, here and for programs of the desktop."""
    for entry in patient.trusted_of(client):
        text = bearer(entry)
        if text is not None and (ANY_REFERENCE.fullmatch(text) or INPUT.fullmatch(text)):
            yield _reference(entry, text, patient)


def bearer(entry: Entry) -> str | None:
    """What stands behind `Bearer` in the entry: a key, a reference, a placeholder. None where there is no header."""
    for field, name in (("headers", AUTH_HEADER), ("env", AUTH_VARIABLE)):
        holder = entry.value.get(field)
        value = holder.get(name) if isinstance(holder, Mapping) else None
        if isinstance(value, str):
            return re.sub(r"^\s*Bearer\b\s*", "", value, flags=re.IGNORECASE).strip()
    return None


def _reference(entry: Trusted, text: str, patient: Patient) -> Check:
    check_id, title = f"client.{entry.client.id}.environment", f"{entry.client.title}: `{entry.name}`"
    if isinstance(entry.key, Prompted):
        return Check(check_id, "ok", f"{entry.client.title} asks for the key", data=entry.where)
    style = entry.found.place.style
    name = next(iter(named(style, text)), "")
    if not VARIABLE.fullmatch(name):
        return _not_expanded(entry, text)
    data = {**entry.where, "variable": name}
    if not unset(style, text, surroundings(entry.client, patient.machine)):
        return Check(check_id, "ok", f"the variable {name} is set for {entry.client.title}", data=data)
    if patient.machine.environment.get(name):
        cause = f"the variable {name} is set in this shell, but not for programs that are started from the desktop"
        return Check(check_id, "warn", title, cause, how_to_set(name, patient.machine.os), data=data)
    shell = f"`export {name}=...` in your shell's profile"
    fix = shell if entry.client.surroundings == "shell" else how_to_set(name, patient.machine.os)
    return Check(
        check_id, "fail", title, f"the entry reads the key from the variable {name}, which is not set", fix, data=data
    )


def _not_expanded(entry: Entry, text: str) -> Check:
    """A reference in another client's syntax reaches PostHog as it is written."""
    check_id, title = f"client.{entry.client.id}.environment", f"{entry.client.title}: `{entry.name}`"
    found, style = ANY_REFERENCE.fullmatch(text), entry.found.place.style
    way = "VS Code's way to ask for a key" if INPUT.fullmatch(text) else "another client's way to name a variable"
    cause = f"`{text}` is {way}, and is sent to PostHog as it stands here"
    if found is None or style.environment_reference is None:
        fix = f"put the key into the entry: {add_again(entry)}"
        return Check(check_id, "fail", title, cause, fix, data=entry.where)
    name = next(group for group in found.groups() if group)
    repair = rewrite.with_key(
        entry, EnvironmentReference(name), f"name the variable {name} as {entry.client.title} does"
    )
    return Check(check_id, "fail", title, cause, MEND, repair, entry.where)


def question(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether the question for the key, to which an entry refers, is defined in the file."""
    check_id = f"client.{client.id}.question"
    for entry in patient.of(client):
        if isinstance(entry.key, Prompted):
            if Draft(entry.found).question(entry.key.input_id) is not None:
                yield Check(check_id, "ok", f"{client.title} knows what to ask for", data=entry.where)
            else:
                yield _undefined(entry, entry.key)


def _undefined(entry: Entry, key: Prompted) -> Check:
    usual = key.input_id == PROMPT_ID
    repair = rewrite.ask_for_key(entry) if usual else _usual_question(entry)
    return Check(
        f"client.{entry.client.id}.question",
        "fail",
        f"{entry.client.title}: `{entry.name}`",
        f"it asks for the input `{key.input_id}`, which the file does not define",
        advice(repair, add_again(entry, "--secret", "prompt")),
        repair,
        entry.where,
    )


def _usual_question(entry: Entry) -> Repair | None:
    renamed = rewrite.with_key(entry, Prompted(PROMPT_ID), "have the client ask for the key")
    asked = rewrite.ask_for_key(entry)
    if asked is None:
        return None
    edits = [one.edit for one in (asked, renamed) if one is not None]

    def edit(draft: Draft) -> None:
        for one in edits:
            one(draft)

    return asked._replace(edit=edit)


def command(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether a command without a path is found in the environment in which the client looks for it."""
    check_id = f"client.{client.id}.command"
    for entry in patient.of(client):
        if isinstance(entry.server, Stdio) and not is_absolute(entry.server.command):
            yield _command(check_id, entry, entry.server.command, patient)


def _command(check_id: str, entry: Entry, name: str, patient: Patient) -> Check:
    machine = patient.machine
    seen = machine._replace(
        environment={**machine.environment, "PATH": surroundings(entry.client, machine).get("PATH", "")}
    )
    data = {**entry.where, "command": name}
    impostor = next(impostors(project_root(machine.working_directory)), None) if rewrite.is_shared(entry) else None
    if impostor is not None:
        cause = f"`{impostor}` would be started in its place on Windows, which looks into the project's folder first"
        return Check(
            check_id, "fail", f"{entry.client.title}: `{entry.name}`", cause, f"remove `{impostor}`", data=data
        )
    if find_program(seen, name) is not None:
        return Check(check_id, "ok", f"{entry.client.title} finds `{name}`", data=data)
    here = find_program(machine, name)
    cause = (
        f"`{name}` is not on the PATH of programs that are started from the desktop (here it is `{here}`)"
        if here is not None
        else f"there is no program `{name}` on the PATH"
    )
    repair = rewrite.renew(entry, patient)
    by_name = entry.found.place.scope == "project"  # a shared file names no path of this machine
    again = FOR_ALL if by_name else add_again(entry)
    return Check(check_id, "fail", f"{entry.client.title}: `{entry.name}`", cause, advice(repair, again), repair, data)


def oauth(patient: Patient, client: Client) -> Iterator[Check]:
    """Whether a header without a usable key keeps a client from signing in by itself."""
    check_id = f"client.{client.id}.oauth"
    if not client.header_stops_oauth:
        return
    for entry in patient.trusted_of(client):
        text = bearer(entry) if "headers" in entry.value else None
        if text is None or not _is_useless(entry, text, patient):
            yield Check(check_id, "ok", f"{client.title} can connect as `{entry.name}`", data=entry.where)
            continue
        cause = f"{client.title} never offers to sign in while an `{AUTH_HEADER}` header is configured, and this one holds no key"
        repair = rewrite.mend(entry, _without_header, "take the empty header out") if not text else None
        add = f"`posthog-wizard mcp add {client.id}`"
        fix = advice(repair, f"{add} with a key, or {add[:-1]} --oauth` to sign in")
        yield Check(check_id, "warn", f"{client.title}: `{entry.name}`", cause, fix, repair, entry.where)


def _is_useless(entry: Trusted, text: str, patient: Patient) -> bool:
    """Whether the header carries nothing that could be a key."""
    style = entry.found.place.style
    if named(style, text):
        return bool(unset(style, text, surroundings(entry.client, patient.machine)))
    return not text or bool(PLACEHOLDERS.match(text))


def _without_header(value: Mapping[str, object]) -> dict[str, object]:
    headers = value.get("headers")
    kept = {name: item for name, item in headers.items() if name != AUTH_HEADER} if isinstance(headers, Mapping) else {}
    return {name: (kept if name == "headers" else item) for name, item in value.items() if name != "headers" or kept}
