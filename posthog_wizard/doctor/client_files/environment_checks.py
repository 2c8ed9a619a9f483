"""Would the client find the variables that an entry names, the command that it starts, and a way to sign in?"""

import re
from functools import partial

from posthog_wizard.clients.entries import AUTH_VARIABLE, AUTHORIZATION, PROMPT_ID, without_header
from posthog_wizard.clients.variables import unset, variables_in
from posthog_wizard.doctor.check import Check, add_command, finding, mend, of_entry
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.client_files.client_environment import client_environment, how_to_set
from posthog_wizard.doctor.context import Context, Entry, Trusted
from posthog_wizard.doctor.install_checks import is_absolute
from posthog_wizard.install.detect import project_root, shadowing_programs
from posthog_wizard.installer import LASTING
from posthog_wizard.machine import find_program
from posthog_wizard.model import EnvironmentReference, Prompted, Remote, Stdio
from posthog_wizard.net.authorization import PLACEHOLDERS, bare_key
from posthog_wizard.plan.draft import Draft
from posthog_wizard.plan.duplicates import server_identity
from posthog_wizard.plan.servers import SHARED_LAUNCHER, launcher_in

_FOR_ALL = f"install it where every program finds it: {LASTING}"
# A reference in any client's way of writing it; what it names is the first group that matched.
ANY_REFERENCE = re.compile(
    r"\$\{(?:env:)?([A-Za-z_]\w*)(?::-(?:[^$}]|\$(?!\{))*+)?\}|\{env:([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)"
    r"|\$\{\{\s*+secrets\.([A-Za-z_]\w*)\s*+\}\}"
)
INPUT = re.compile(r"\$\{input:([^${}]+)\}")


def environment(context: Context, entry: Trusted) -> Check | None:
    """Whether each variable that an entry refers to is set, here and for programs of the desktop."""
    schema, given = entry.found.place.schema, client_environment(entry.client, context.machine)
    text, named = bearer(entry), entry.fields.variable
    if named is not None:
        return _variable(entry, named, context, is_set=named in given)
    if text is None or not (ANY_REFERENCE.fullmatch(text) or INPUT.fullmatch(text)):
        return None
    if isinstance(entry.key, Prompted):
        return finding("ok", f"{entry.client.title} asks for the key", data=entry.where)
    name = next(iter(variables_in(schema, text)), "")
    if not name.isidentifier():
        return _not_expanded(entry, text)
    return _variable(entry, name, context, is_set=not unset(schema, text, given))


def bearer(entry: Entry) -> str | None:
    """What stands behind `Bearer` in the entry: a key, a reference, a placeholder. None where there is no header."""
    fields = entry.fields
    for value in (fields.headers.get(AUTHORIZATION), fields.environment.get(AUTH_VARIABLE)):
        if isinstance(value, str):
            return bare_key(value)
    return None


def _variable(entry: Trusted, name: str, context: Context, *, is_set: bool) -> Check:
    """Whether the variable with the key is set where the client looks for it."""
    data, fix = {**entry.where, "variable": name}, how_to_set(name, context.machine.os)
    if is_set:
        return finding("ok", f"the variable {name} is set for {entry.client.title}", data=data)
    if context.machine.environment.get(name):
        cause = f"the variable {name} is set in this shell, but not for programs that are started from the desktop"
        return of_entry(entry, "warn", cause, fix)._replace(data=data)
    if entry.client.inherits_environment_of == "shell":
        fix = f"`export {name}=...` in your shell's profile"
    cause = f"the entry reads the key from the variable {name}, which is not set"
    return of_entry(entry, "fail", cause, fix)._replace(data=data)


def _not_expanded(entry: Entry, text: str) -> Check:
    """A reference in another client's syntax reaches PostHog as it is written."""
    found, schema = ANY_REFERENCE.fullmatch(text), entry.found.place.schema
    way = "VS Code's way to ask for a key" if INPUT.fullmatch(text) else "another client's way to name a variable"
    cause = f"`{text}` is {way}, and is sent to PostHog as it stands here"
    if found is None or schema.environment_reference is None:
        return of_entry(entry, "fail", cause, f"put the key into the entry: {add_command(entry)}")
    name = next(group for group in found.groups() if group)
    says = f"name the variable {name} as {entry.client.title} does"
    repair = entry_repairs.with_key(entry, EnvironmentReference(name), says)
    return of_entry(entry, "fail", cause, mend(entry.found.place.scope))._replace(repair=repair)


def question(_context: Context, entry: Entry) -> Check | None:
    """Whether the question for the key, to which an entry refers, is defined in the file."""
    key = entry.key
    if not isinstance(key, Prompted):
        return None
    if Draft(entry.found).question(key.input_id) is not None:
        return finding("ok", f"{entry.client.title} knows what to ask for", data=entry.where)
    repair = entry_repairs.ask_for_key(entry)
    if repair is not None and key.input_id != PROMPT_ID:
        repair = repair._replace(also=entry_repairs.with_key(entry, Prompted(PROMPT_ID), repair.says))
    cause = f"it asks for the input `{key.input_id}`, which the file does not define"
    return of_entry(entry, "fail", cause, add_command(entry, "--secret", "prompt"), repair)


def command(context: Context, entry: Entry) -> Check | None:
    """Whether a command without a path is found in the environment in which the client looks for it."""
    if not isinstance(entry.server, Stdio) or is_absolute(entry.server.command):
        return None
    name, machine = entry.server.command, context.machine
    data = {**entry.where, "command": name}
    shared = launcher_in(entry.found, entry.server, ()) == SHARED_LAUNCHER  # by everybody who opens the project
    shadowing = shadowing_programs(project_root(machine.working_directory)) if shared else ()
    for impostor in shadowing:
        cause = f"`{impostor}` would be started instead of it on Windows, which looks in the project's folder first"
        return of_entry(entry, "fail", cause, f"remove `{impostor}`")._replace(data=data)
    path = client_environment(entry.client, machine).get("PATH", "")
    if find_program(machine._replace(environment={**machine.environment, "PATH": path}), name) is not None:
        return finding("ok", f"{entry.client.title} finds `{name}`", data=data)
    here, cause = find_program(machine, name), f"there is no program `{name}` on the PATH"
    if here is not None:
        cause = f"`{name}` is not on the PATH of programs that are started from the desktop (here it is `{here}`)"
    by_name = entry.found.place.scope == "project"  # a shared file names no path of this machine
    again, repair = _FOR_ALL if by_name else add_command(entry), entry_repairs.rewrite_entry(entry, context)
    return of_entry(entry, "fail", cause, again, repair)._replace(data=data)


def oauth(context: Context, entry: Trusted) -> Check | None:
    """Whether a header without a usable key keeps a client from signing in by itself."""
    client, schema, text = entry.client, entry.found.place.schema, bearer(entry) if entry.fields.headers else None
    if not client.auth_header_blocks_oauth:
        return None
    useless = text is not None and (not text or bool(PLACEHOLDERS.match(text)))
    if text is not None and variables_in(schema, text):
        useless = bool(unset(schema, text, client_environment(client, context.machine)))
    if not useless:
        return finding("ok", f"{client.title} can connect as `{entry.name}`", data=entry.where)
    cause = f"{client.title} never offers to sign in while an `{AUTHORIZATION}` header is configured, and this one holds no key"
    bare = partial(without_header, schema)
    repair = None if text else entry_repairs.repair_entry(entry, bare, "take the empty header out")
    add = add_command(entry)
    # an installed server is reached with a key, and a program cannot sign in
    signs_in = isinstance(entry.server, Remote) and server_identity(entry.fields)[0] is None
    either = f", or {add[:-1]} --oauth` to sign in" if signs_in else ""
    return of_entry(entry, "warn", cause, f"{add} with a key{either}", repair)
