"""Would the client find the variables that an entry names, the command that it starts, and a way to sign in?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from posthog_wizard.clients.entries import AUTH_VARIABLE, AUTHORIZATION, PROMPT_ID, without_header
from posthog_wizard.clients.variables import unset, variables_in
from posthog_wizard.doctor.check import MEND, Check, Repair, advice
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.client_environment import client_environment, how_to_set
from posthog_wizard.doctor.commands import add_command
from posthog_wizard.doctor.context import Context, Entry, Trusted
from posthog_wizard.doctor.install_checks import is_absolute
from posthog_wizard.install.detect import project_root
from posthog_wizard.install.shadowing_programs import shadowing_programs
from posthog_wizard.installer import LASTING
from posthog_wizard.machine import find_program
from posthog_wizard.model import Client, EnvironmentReference, Prompted, Stdio
from posthog_wizard.net.authorization import PLACEHOLDERS, bare_key
from posthog_wizard.plan.draft import Draft

_FOR_ALL = f"install it where every program finds it: {LASTING}"
# A reference in any client's way of writing it; what it names is the first group that matched.
ANY_REFERENCE = re.compile(
    r"\$\{(?:env:)?([A-Za-z_]\w*)(?::-(?:[^$}]|\$(?!\{))*+)?\}|\{env:([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)"
    r"|\$\{\{\s*+secrets\.([A-Za-z_]\w*)\s*+\}\}"
)
INPUT = re.compile(r"\$\{input:([^${}]+)\}")
_VARIABLE = re.compile(r"[A-Za-z_]\w*")


def environment(context: Context, client: Client) -> Iterator[Check]:
    """Whether each variable that an entry refers to is set, here and for programs of the desktop."""
    for entry in context.trusted_of(client):
        text = bearer(entry)
        named, given = entry.fields.variable, client_environment(client, context.machine)
        if named is not None:
            yield _variable(entry, named, context, is_set=named in given)
        elif text is not None and (ANY_REFERENCE.fullmatch(text) or INPUT.fullmatch(text)):
            yield _reference(entry, text, context)


def bearer(entry: Entry) -> str | None:
    """What stands behind `Bearer` in the entry: a key, a reference, a placeholder. None where there is no header."""
    fields = entry.fields
    for value in (fields.headers.get(AUTHORIZATION), fields.environment.get(AUTH_VARIABLE)):
        if isinstance(value, str):
            return bare_key(value)
    return None


def _reference(entry: Trusted, text: str, context: Context) -> Check:
    if isinstance(entry.key, Prompted):
        check_id = f"client.{entry.client.id}.environment"
        return Check(check_id, "ok", f"{entry.client.title} asks for the key", data=entry.where)
    schema = entry.found.place.schema
    name = next(iter(variables_in(schema, text)), "")
    if not _VARIABLE.fullmatch(name):
        return _not_expanded(entry, text)
    return _variable(
        entry, name, context, is_set=not unset(schema, text, client_environment(entry.client, context.machine))
    )


def _variable(entry: Trusted, name: str, context: Context, *, is_set: bool) -> Check:
    """Whether the variable with the key is set where the client looks for it."""
    check_id, title = f"client.{entry.client.id}.environment", f"{entry.client.title}: `{entry.name}`"
    data = {**entry.where, "variable": name}
    if is_set:
        return Check(check_id, "ok", f"the variable {name} is set for {entry.client.title}", data=data)
    if context.machine.environment.get(name):
        cause = f"the variable {name} is set in this shell, but not for programs that are started from the desktop"
        return Check(check_id, "warn", title, cause, how_to_set(name, context.machine.os), data=data)
    shell = f"`export {name}=...` in your shell's profile"
    fix = shell if entry.client.inherits_environment_of == "shell" else how_to_set(name, context.machine.os)
    return Check(
        check_id, "fail", title, f"the entry reads the key from the variable {name}, which is not set", fix, data=data
    )


def _not_expanded(entry: Entry, text: str) -> Check:
    """A reference in another client's syntax reaches PostHog as it is written."""
    check_id, title = f"client.{entry.client.id}.environment", f"{entry.client.title}: `{entry.name}`"
    found, schema = ANY_REFERENCE.fullmatch(text), entry.found.place.schema
    way = "VS Code's way to ask for a key" if INPUT.fullmatch(text) else "another client's way to name a variable"
    cause = f"`{text}` is {way}, and is sent to PostHog as it stands here"
    if found is None or schema.environment_reference is None:
        fix = f"put the key into the entry: {add_command(entry)}"
        return Check(check_id, "fail", title, cause, fix, data=entry.where)
    name = next(group for group in found.groups() if group)
    repair = entry_repairs.with_key(
        entry, EnvironmentReference(name), f"name the variable {name} as {entry.client.title} does"
    )
    return Check(check_id, "fail", title, cause, MEND, repair, entry.where)


def question(context: Context, client: Client) -> Iterator[Check]:
    """Whether the question for the key, to which an entry refers, is defined in the file."""
    check_id = f"client.{client.id}.question"
    for entry in context.of(client):
        if isinstance(entry.key, Prompted):
            if Draft(entry.found).question(entry.key.input_id) is not None:
                yield Check(check_id, "ok", f"{client.title} knows what to ask for", data=entry.where)
            else:
                yield _undefined(entry, entry.key)


def _undefined(entry: Entry, key: Prompted) -> Check:
    usual = key.input_id == PROMPT_ID
    repair = entry_repairs.ask_for_key(entry) if usual else _usual_question(entry)
    return Check(
        f"client.{entry.client.id}.question",
        "fail",
        f"{entry.client.title}: `{entry.name}`",
        f"it asks for the input `{key.input_id}`, which the file does not define",
        advice(repair, add_command(entry, "--secret", "prompt")),
        repair,
        entry.where,
    )


def _usual_question(entry: Entry) -> Repair | None:
    renamed = entry_repairs.with_key(entry, Prompted(PROMPT_ID), "have the client ask for the key")
    asked = entry_repairs.ask_for_key(entry)
    if asked is None:
        return None
    edits = [one.edit for one in (asked, renamed) if one is not None]

    def edit(draft: Draft) -> None:
        for one in edits:
            one(draft)

    return asked._replace(edit=edit)


def command(context: Context, client: Client) -> Iterator[Check]:
    """Whether a command without a path is found in the environment in which the client looks for it."""
    check_id = f"client.{client.id}.command"
    for entry in context.of(client):
        if isinstance(entry.server, Stdio) and not is_absolute(entry.server.command):
            yield _command(check_id, entry, entry.server.command, context)


def _command(check_id: str, entry: Entry, name: str, context: Context) -> Check:
    machine = context.machine
    seen = machine._replace(
        environment={**machine.environment, "PATH": client_environment(entry.client, machine).get("PATH", "")}
    )
    data = {**entry.where, "command": name}
    impostor = (
        next(shadowing_programs(project_root(machine.working_directory)), None)
        if entry_repairs.is_shared(entry)
        else None
    )
    if impostor is not None:
        cause = f"`{impostor}` would be started instead of it on Windows, which looks in the project's folder first"
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
    repair = entry_repairs.rewrite_entry(entry, context)
    by_name = entry.found.place.scope == "project"  # a shared file names no path of this machine
    again = _FOR_ALL if by_name else add_command(entry)
    return Check(check_id, "fail", f"{entry.client.title}: `{entry.name}`", cause, advice(repair, again), repair, data)


def oauth(context: Context, client: Client) -> Iterator[Check]:
    """Whether a header without a usable key keeps a client from signing in by itself."""
    check_id = f"client.{client.id}.oauth"
    if not client.auth_header_blocks_oauth:
        return
    for entry in context.trusted_of(client):
        text = bearer(entry) if entry.fields.headers else None
        if text is None or not _is_useless(entry, text, context):
            yield Check(check_id, "ok", f"{client.title} can connect as `{entry.name}`", data=entry.where)
            continue
        cause = f"{client.title} never offers to sign in while an `{AUTHORIZATION}` header is configured, and this one holds no key"
        repair = (
            entry_repairs.repair_entry(
                entry, partial(without_header, entry.found.place.schema), "take the empty header out"
            )
            if not text
            else None
        )
        add = f"`posthog-wizard mcp add {client.id}`"
        fix = advice(repair, f"{add} with a key, or {add[:-1]} --oauth` to sign in")
        yield Check(check_id, "warn", f"{client.title}: `{entry.name}`", cause, fix, repair, entry.where)


def _is_useless(entry: Trusted, text: str, context: Context) -> bool:
    """Whether the header carries nothing that could be a key."""
    schema = entry.found.place.schema
    if variables_in(schema, text):
        return bool(unset(schema, text, client_environment(entry.client, context.machine)))
    return not text or bool(PLACEHOLDERS.match(text))
