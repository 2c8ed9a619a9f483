"""The few shapes of an entry, and how each client's row spells them: written and read here, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from posthog_wizard.errors import NotSupported
from posthog_wizard.model import (
    ANY,
    NOTHING,
    EntrySchema,
    EnvironmentReference,
    Json,
    Key,
    Prompted,
    Remote,
    Secret,
    Server,
    Stdio,
    equal,
)

# What stands for a value in a schema's `remote` and `stdio`.
URL, HEADERS, COMMAND, ARGUMENTS, ENVIRONMENT = "<url>", "<headers>", "<command>", "<arguments>", "<environment>"
COMMAND_LINE = "<command line>"  # the command and its arguments in one list
VARIABLE = "<variable>"  # the name of the variable with the key, where a field of its own has it
NAME = "<name>"  # the entry's own name, where it is said within it

# The shape that most clients share.
PLAIN_STDIO: Mapping[str, Json] = {"command": COMMAND, "args": ARGUMENTS, "env": ENVIRONMENT}

# What a value is called where a client's row does not say it; an address is looked for under every name.
_USUAL: Mapping[str, tuple[str, ...]] = {
    URL: ("url", "serverUrl", "httpUrl"),
    HEADERS: ("headers",),
    COMMAND: ("command",),
    ARGUMENTS: ("args",),
    ENVIRONMENT: ("env",),
}

AUTH_VARIABLE = "POSTHOG_AUTH_HEADER"  # what `serve` and `bridge` read: "Bearer KEY"
AUTHORIZATION = "Authorization"
LIMITING = re.compile(r"(?i:x-posthog-[\w-]+)|POSTHOG_(?:ORGANIZATION|PROJECT)_ID")  # headers and variables
PROMPT_ID = "posthog-api-key"
_KEY_IN_ENTRY = "leave `--secret` out: the key then stands in the entry"


class EntryFields(NamedTuple):
    """What an entry says, whatever its client calls it. `command` and `arguments` may be of any type: people write them."""

    url: str | None = None
    headers: Mapping[str, Json] = NOTHING
    command: Json = None
    arguments: Json = ()
    environment: Mapping[str, Json] = NOTHING
    variable: str | None = None  # the one whose value the client sends as the key
    others: tuple[str, ...] = ()  # the names of the entry's other fields

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the program that it starts; empty where it starts none."""
        arguments = self.arguments if isinstance(self.arguments, list) else ()
        return tuple(word for word in (self.command, *arguments) if isinstance(word, str))


def prompt_definition() -> Json:
    """The item of VS Code's `inputs` that makes it ask for the key once and keep it in the system's keychain.

    https://code.visualstudio.com/docs/reference/variables-reference#_input-variables
    """
    return {
        "type": "promptString",
        "id": PROMPT_ID,
        "description": "PostHog personal API key",
        "password": True,
    }


def render_entry(schema: EntrySchema, server: Server, name: str = "posthog") -> dict[str, Json]:
    """The entry for `server` as this client spells it. Raises NotSupported when it cannot be said."""
    if schema.names is not None and not re.fullmatch(schema.names, name):
        raise NotSupported(f"it takes no server of the name `{name}`", "use letters, digits, `-` and `_` in `--name`")
    if isinstance(server, Remote):
        if schema.remote is None:
            raise NotSupported("it only starts programs and cannot reach a server over HTTP from its file")
        named = isinstance(server.key, EnvironmentReference) and VARIABLE in schema.remote.values()
        variable = getattr(server.key, "name", None) if named else None
        header = {AUTHORIZATION: f"Bearer {_spell(schema, server.key)}"} if server.key and not variable else None
        return _fill(schema.remote, {URL: server.url, VARIABLE: variable, HEADERS: header, NAME: name})
    values: Mapping[str, Json] = {
        COMMAND: server.command,
        ARGUMENTS: [*server.arguments],
        COMMAND_LINE: [server.command, *server.arguments],
        ENVIRONMENT: {AUTH_VARIABLE: f"Bearer {_spell(schema, server.key)}"} if server.key else None,
        NAME: name,
    }
    return _fill(schema.stdio, values)


def read_entry(schema: EntrySchema, entry: Json) -> EntryFields:
    """What an entry in this client's file says, right or wrong; nothing where it is no object."""
    if not isinstance(entry, Mapping):
        return EntryFields()
    texts = {name: value for name, value in entry.items() if isinstance(value, str)}
    url, variable = _first(texts, _names(schema, URL)), _first(texts, _own(schema, VARIABLE))
    headers, environment, command, arguments = (
        _first(entry, _names(schema, value)) for value in (HEADERS, ENVIRONMENT, COMMAND, ARGUMENTS)
    )
    program: Json = entry.get(command)
    words, given = entry.get(arguments, ()), entry.get(environment)
    if isinstance(program, dict):  # as Zed once had it
        program, words, given = program.get("path"), program.get("args", ()), program.get("env", given)
    if isinstance(program, list) and program and command in _own(schema, COMMAND_LINE):
        program, words = program[0], [*program[1:], *(words if isinstance(words, list) else ())]
    return EntryFields(
        texts.get(url),
        _mapping(entry.get(headers)),
        program,
        words,
        _mapping(given),
        texts.get(variable),
        tuple(name for name in entry if name not in {url, variable, headers, environment, command, arguments}),
    )


def read_back(schema: EntrySchema, entry: Json) -> Server | None:
    """The server that an entry in this client's file stands for; None when it has neither a URL nor a command."""
    fields = read_entry(schema, entry)
    if fields.url is not None:
        return Remote(fields.url, entry_key(schema, fields))
    if not isinstance(fields.command, str) or not _all_text(fields.arguments):
        return None
    return Stdio(fields.command, tuple(fields.arguments), entry_key(schema, fields))


def entry_key(schema: EntrySchema, fields: EntryFields) -> Key:
    """The key that it holds or refers to: a remote entry in its header, else in its environment."""
    if fields.url is None:
        return _read_key(schema, fields.environment, AUTH_VARIABLE)
    header = _read_key(schema, fields.headers, AUTHORIZATION)
    return EnvironmentReference(fields.variable) if header is None and fields.variable else header


def rekeyed(schema: EntrySchema, entry: Mapping[str, Json], key: Key) -> dict[str, Json]:
    """The same entry with another key, in its header or environment. Raises NotSupported when it cannot be said."""
    server = read_back(schema, entry)
    if server is None:
        return {**entry}
    spelled, holders = render_entry(schema, server._replace(key=key)), _holders(schema)
    named = set(spelled) & set(_own(schema, VARIABLE))
    kept = without(without_header(schema, entry) if named else entry, _own(schema, VARIABLE))
    new = {name: value for name, value in spelled.items() if name in holders}
    return {**kept, **{name: _with_limits(value, kept.get(name)) for name, value in new.items()}}


def _with_limits(holder: Json, before: Json) -> Json:
    """Headers or variables with a key, and those of before that limit what it reaches."""
    if not isinstance(holder, Mapping):
        return holder
    return {**{name: text for name, text in _mapping(before).items() if LIMITING.fullmatch(name)}, **holder}


def without_header(schema: EntrySchema, entry: Mapping[str, Json]) -> dict[str, Json]:
    """The entry without its Authorization header, and without headers at all where it was the only one."""
    field = _first(entry, _names(schema, HEADERS))
    kept = without(_mapping(entry.get(field)), (AUTHORIZATION,))
    return {name: (kept if name == field else item) for name, item in entry.items() if name != field or kept}


def unread_address(schema: EntrySchema, entry: Mapping[str, Json]) -> tuple[str, str] | None:
    """The field under which the address stands, and the one that the client reads; None where that is the same."""
    read = (*_own(schema, URL), *schema.addresses)
    used = _first(entry, _names(schema, URL))
    return None if used in read else (used, read[0])


def keep_user_fields(
    schema: EntrySchema, entry: Mapping[str, Json], previous: Json, trusted: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """The new entry with what belongs to the user (`disabled`, approved tools, ...) taken over from the old one.

    `trusted`: in a file that anybody may have written, what is known not to be a stranger's; None: everything.
    """
    if not isinstance(previous, Mapping):
        return {**entry}
    starts = read_entry(schema, entry).url is None
    unfit = (*(schema.remote_only if starts else ()), *dropped(schema, previous, trusted))
    users = (name for name in previous if name in schema.user_keys and name not in unfit)
    return {**entry, **{name: previous[name] for name in users}}


def dropped(schema: EntrySchema, previous: Json, trusted: Mapping[str, Json] | None) -> tuple[str, ...]:
    """The user keys of an entry that are not taken over: they approve or widen something, and may be a stranger's."""
    if trusted is None or not isinstance(previous, Mapping):
        return ()
    return tuple(
        name
        for name, value in previous.items()
        if name in schema.user_keys
        and not _only_restricts(schema, name, value)
        and schema.stdio.get(name) != value  # what we write ourselves, as Zed's `enabled`
        and not (name in trusted and equal(trusted[name], value))
    )


def _only_restricts(schema: EntrySchema, name: str, value: Json) -> bool:
    return name in schema.restricting and (schema.restricting[name] == ANY or schema.restricting[name] is value)


def without(value: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    """The entry without these fields."""
    return {name: part for name, part in value.items() if name not in names}


def _fill(shape: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
    """The shape with its stand-ins replaced; a field whose value is None is left out."""
    filled = {name: values.get(value, value) if isinstance(value, str) else value for name, value in shape.items()}
    return {name: value for name, value in filled.items() if value is not None}


def _own(schema: EntrySchema, stands_for: str) -> tuple[str, ...]:
    """The fields that have this value in the client's own spelling."""
    shapes = (schema.remote or NOTHING, schema.stdio)
    return tuple(name for shape in shapes for name, value in shape.items() if value == stands_for)


def _names(schema: EntrySchema, stands_for: str) -> tuple[str, ...]:
    """The fields under which this value is looked for, in order."""
    if stands_for == URL:
        return (*_own(schema, URL), *schema.addresses, *_USUAL[URL])
    own = (*_own(schema, stands_for), *(_own(schema, COMMAND_LINE) if stands_for == COMMAND else ()))
    return own or _USUAL[stands_for]


def _first(entry: Mapping[str, Json], names: tuple[str, ...]) -> str:
    """The first of the names that the entry has; no name where it has none."""
    return next((name for name in names if name in entry), "")


def _holders(schema: EntrySchema) -> tuple[str, ...]:
    """The fields in which a key may stand."""
    return tuple(name for value in (HEADERS, ENVIRONMENT, VARIABLE) for name in _own(schema, value))


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else NOTHING


def _spell(schema: EntrySchema, key: Key) -> str:
    if isinstance(key, Secret):
        return key.reveal()
    if isinstance(key, EnvironmentReference):
        if schema.environment_reference is None:
            raise NotSupported("it expands no environment variables in its file", _KEY_IN_ENTRY)
        return schema.environment_reference.format(name=key.name)
    if isinstance(key, Prompted):
        if schema.prompt_reference is None:
            raise NotSupported("it cannot ask for a key", _KEY_IN_ENTRY)
        return schema.prompt_reference.format(id=key.input_id)
    raise AssertionError(key)  # no key: the callers leave the header out


def _read_key(schema: EntrySchema, holder: Mapping[str, Json], name: str) -> Key:
    value = holder.get(name)
    if not isinstance(value, str):
        return None
    token = value.removeprefix("Bearer ")
    for template, kind in ((schema.environment_reference, EnvironmentReference), (schema.prompt_reference, Prompted)):
        named = _named(template, token) if template else None
        if named is not None:
            return kind(named)
    return Secret(token)


def _named(template: str, text: str) -> str | None:
    """What stands for the template's one field in `text`; None when the text is not of that form."""
    before, after = template.format(name="\0", id="\0").split("\0")
    if not (text.startswith(before) and text.endswith(after)):
        return None
    return text[len(before) : len(text) - len(after)]


def _all_text(values: Json) -> bool:
    return isinstance(values, (list, tuple)) and all(isinstance(value, str) for value in values)
