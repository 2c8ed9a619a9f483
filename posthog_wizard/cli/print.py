"""`mcp print`: the entry for a client, to paste or to deploy.

It looks at no environment variable for a key: it prints to a screen, so a key must be asked for.
"""

import json as jsonlib
import shlex
from collections.abc import Mapping

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.clients.deeplinks import deeplinks
from posthog_wizard.clients.entries import prompt_definition, read_entry, render_entry
from posthog_wizard.clients.paths import usual_path
from posthog_wizard.clients.posthog_docs import PLACEHOLDER
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.errors import NotSupported, WrongUsage
from posthog_wizard.install.detect import detect
from posthog_wizard.model import (
    Client,
    DesiredServer,
    Json,
    Key,
    Machine,
    OperatingSystem,
    Place,
    Prompted,
    Scope,
    Secret,
)
from posthog_wizard.operations.add_options import refuse_long_name
from posthog_wizard.operations.connection import Connection
from posthog_wizard.operations.key_check import given_key, refuse_contradictions
from posthog_wizard.operations.limit_choice import refuse_unknown
from posthog_wizard.operations.server_choice import ServerChoice
from posthog_wizard.operations.targets import client_named
from posthog_wizard.plan.servers import SHARED_LAUNCHER, server_for

_PASTE_INSTEAD = "paste the entry instead: leave `--deeplink` out"


def command(
    client: str,
    *,
    name: str | None = None,
    scope: Scope = "user",
    os: OperatingSystem | None = None,
    deeplink: bool = False,
    documented: bool = False,
    flags: ServerChoice,
    json: bool = False,
) -> int:
    """Print the entry for a client, to paste or to deploy. Nothing is written.

    posthog-wizard mcp print cursor                    with a placeholder for the key

    posthog-wizard mcp print vscode --secret prompt    VS Code asks for the key

    posthog-wizard mcp print zed --os windows          for another machine

    posthog-wizard mcp print cursor --oauth --deeplink
    """
    if flags.installation:
        raise NotSupported(
            "an installed server has to be looked up in PostHog, and `mcp print` asks nobody",
            "`posthog-wizard mcp add --installation NAME --dry-run` shows its entry",
        )
    choice = flags._replace(secret=flags.secret or ("store" if flags.store is not None or flags.login else "inline"))
    row, machine = client_named(client, to_print=True), this_run().machine
    choice = choice if documented else choice.of_environment(machine, output)
    where = choice.connection()
    limits = choice.limits(where.kind)
    refuse_long_name(name)
    refuse_unknown(where.kind, limits, output)
    place, path = _place_of(row, scope, os or machine.os, machine)
    if documented and (deeplink or row.documented is None):
        missing = "link" if deeplink else "block"
        raise NotSupported(f"PostHog's documentation has no {missing} for {row.title}", "leave `--documented` out")
    if documented:
        block = row.documented
        return _show(row, path, block if isinstance(block, dict) else {}, _as_text(block), None, as_json=json)
    if deeplink and row.deeplink is None:
        raise NotSupported(f"{row.title} has no link that adds a server", _PASTE_INSTEAD)
    if deeplink and choice.key_given:
        raise WrongUsage("a link would leave the key in histories and logs", "leave the key out: the client signs in")
    key = None if choice.sandbox else _key_for(choice, where)
    linked = None if isinstance(key, Secret) else key  # a link holds no key: the client signs in
    key = linked if deeplink else key
    launcher = _launcher(os or machine.os, machine, shared=scope == "project" and not isinstance(key, Secret))
    desired = DesiredServer(
        name or "posthog", where.kind, where.address or CLOUD["us"], key, launcher, limits, where.flags
    )
    entry = _entry_of(row, place, desired)
    asked = {place.schema.prompts[0]: [prompt_definition()]} if isinstance(key, Prompted) else {}
    link = _link(row, place, desired._replace(key=linked), asked, wanted=deeplink)
    text = link if deeplink and link else _pasted(row, place, desired.name, entry, asked)
    return _show(row, path, entry, text, link, as_json=json)


def _place_of(client: Client, scope: Scope, system: OperatingSystem, machine: Machine) -> tuple[Place, str]:
    """The client's place on that system, and its path as a person there writes it."""
    places = [place for place in client.places if place.scope == scope]
    if not places:
        raise NotSupported(client.without_projects, "leave `--scope project` out")
    if system == machine.os and client.print_only is None:
        found = detect((client,), machine, scope)[0]
        return found.place, str(found.path)
    return next((place, path) for place in places if (path := usual_path(place, system)) and "*" not in path)


def _launcher(system: OperatingSystem, machine: Machine, *, shared: bool) -> tuple[str, ...]:
    """How this program is started there; for another machine a path that has to be filled in."""
    if shared:
        return SHARED_LAUNCHER
    elsewhere = "C:\\PATH\\TO\\posthog-wizard.exe" if system == "windows" else "/PATH/TO/posthog-wizard"
    return machine.launcher if system == machine.os else (elsewhere,)


def _key_for(choice: ServerChoice, where: Connection) -> Key:
    """What stands for the key in the entry; without a key a placeholder. Raises WrongUsage, CredentialError."""
    stdin = output.standard_input if choice.api_key_stdin else None
    given = given_key(choice.api_key, stdin=stdin, file=choice.api_key_file, environment={})
    refuse_contradictions(
        oauth=choice.oauth,
        key_given=given.key is not None,
        placement=choice.secret or "inline",
        variable=choice.env_var,
        kind=where.kind,
    )
    for note in given.notes:
        output.warn(note)
    key = given.key
    if key is not None:  # its looks tell whether it is one for that PostHog
        from posthog_wizard.api.key_format import read_key

        base = where.hosts[0] if len(where.hosts) == 1 else None
        key = read_key(key.reveal(), base=base, hosted=where.kind == "hosted")
    return None if choice.oauth else choice.reference() or key or Secret(PLACEHOLDER)


def _entry_of(client: Client, place: Place, desired: DesiredServer) -> dict[str, Json]:
    """The entry as `mcp add` would write it there. Raises NotSupported, saying which client it is about."""
    try:
        return render_entry(place.schema, server_for(client, place.schema, desired), desired.name)
    except NotSupported as problem:
        raise NotSupported(f"{client.title}: {problem.message}", problem.hint) from problem


def _link(
    client: Client, place: Place, desired: DesiredServer, asked: Mapping[str, Json], *, wanted: bool
) -> str | None:
    """The link that adds the entry, None where there is none. Raises NotSupported where it is `wanted`."""
    link = web = None
    if client.deeplink and desired.address == output.masked(desired.address):
        link, web = deeplinks(client, desired.name, {**asked, **_entry_of(client, place, desired)})
    if wanted and link is None:
        raise NotSupported(f"{client.title} has no link that adds such a server", _PASTE_INSTEAD)
    if wanted and web not in {None, link}:
        output.say(f"for pages that let only https through, as GitHub's: {web}")
    return link


def _pasted(client: Client, place: Place, name: str, entry: dict[str, Json], asked: Mapping[str, Json]) -> str:
    """The text to paste: the entry as it stands alone in the file, with what the client asks for, or a command."""
    if client.shell_command is not None:
        return _shell_line(client.shell_command, client, name, entry)
    if place.format != "json":
        return FORMATS[place.format].parse(None, place.dialect).put(place.keys_of(name), entry).decode().rstrip("\n")
    block: Json = entry
    for key in reversed((*place.container, name)):
        block = {key: block}
    return _as_text({**asked, **block})


def _as_text(block: Json) -> str:
    return block if isinstance(block, str) else jsonlib.dumps(block, indent=2, ensure_ascii=False)


def _shell_line(command: str, client: Client, name: str, entry: dict[str, Json]) -> str:
    """The command that stands for the entry in a client's shell script. Raises NotSupported for a program."""
    fields = read_entry(client.places[0].schema, entry)
    if fields.url is None:
        hint = "pass `--server hosted --region us`, or `eu`, in place of `--host`, `--sandbox` and `--secret store`"
        raise NotSupported(f"{client.title}: how it starts a program is not known", hint)
    headers = "".join(f' --header {field} "{text}"' for field, text in fields.headers.items())
    return command.format(name=shlex.quote(name), type=entry["type"], url=shlex.quote(fields.url), headers=headers)


def _format(place: Place, text: str, link: str | None) -> str:
    """What the text is written in; of a link, what its client's file is."""
    if place.format != "json":
        return place.format
    if text != link and not text.startswith("{"):
        return "text"  # a command
    dialect = place.dialect
    return "json5" if dialect.json5 else "jsonc" if dialect.comments and dialect.proven else "json"


def _show(client: Client, path: str, entry: dict[str, Json], text: str, link: str | None, *, as_json: bool) -> int:
    """The result: the text on stdout, where it goes on stderr."""
    if as_json:
        named = {"client": client.id, "path": path, "format": _format(client.places[0], text, link)}
        output.json_document(output.SCHEMAS["print"], **named, entry=entry, text=text, deeplink=link)
        return 0
    output.say(f"for {client.title}, in {path}:")
    output.data(text)
    return 0
