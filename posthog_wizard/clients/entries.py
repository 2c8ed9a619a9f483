"""The few shapes of an entry, and how each client's row spells them: written and read here, and nowhere else.

Usual names of fields count only for what a client's row has no field for, and for the address, so that doctor can say
that it stands under the wrong one. An entry without a key is a plain stdio entry: nothing in it says "store", so
clients cannot trip over it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from posthog_wizard.errors import NotSupported
from posthog_wizard.invocation import invocation_of
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
VARIABLES = "<variables>"  # a list with that name: what is handed on to a program, or may be named in a header
NAME = "<name>"  # the entry's own name, where it is said within it

# The shapes that most clients share, and those of clients that want to be told the kind of server.
PLAIN_STDIO: Mapping[str, Json] = {"command": COMMAND, "args": ARGUMENTS, "env": ENVIRONMENT}
PLAIN_REMOTE: Mapping[str, Json] = {"url": URL, "headers": HEADERS}
PLAIN = EntrySchema(remote=PLAIN_REMOTE, stdio=PLAIN_STDIO)
TYPED = EntrySchema(remote={"type": "http", **PLAIN_REMOTE}, stdio={"type": "stdio", **PLAIN_STDIO})

# Ways to name a variable: `${NAME}`, with a default, and `$NAME` too.
BRACED = "${{{name}}}"
BRACED_OR_DEFAULT = r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}"
VARIABLE_WITH_DEFAULT = r"\$(?:(?P<name>\w+)|\{(?P<braced>[^}](?:(?!:-)[^}])*)(?::-(?P<default>[^}]*))?\})"
SHELL_LIKE = r"\$(?:(?P<name>\w+)|\{(?P<braced>\w+)\})"

# What a value is called where a client's row does not say it; an address is looked for under every name.
_USUAL: Mapping[str, tuple[str, ...]] = {
    URL: ("url", "serverUrl", "httpUrl", "uri", "transport.url", "URL", "server_url", "baseUrl", "endpoint"),
    HEADERS: ("headers",),
    COMMAND: ("command",),
    ARGUMENTS: ("args",),
    ENVIRONMENT: ("env",),
}

AUTH_VARIABLE = "POSTHOG_AUTH_HEADER"  # what `serve` and `bridge` read: "Bearer KEY"
AUTHORIZATION = "Authorization"
_BEARER = re.compile(r"^\s*Bearer\s*", re.IGNORECASE)  # people forget the space; doctor says so
_READ_BY_US = (AUTH_VARIABLE, "POSTHOG_PERSONAL_API_KEY", "POSTHOG_API_KEY")  # where our programs look for a key
LIMITING = re.compile(r"(?i:x-posthog-[\w-]+)|POSTHOG_(?:ORGANIZATION|PROJECT)_ID")  # headers and variables
PROMPT_ID = "posthog-api-key"
SESSION_BUS = "DBUS_SESSION_BUS_ADDRESS"
_SURROUNDINGS = re.compile(rf"XDG_CONFIG_HOME|{SESSION_BUS}|POSTHOG_HOST|(?i:(?:https?|all)_proxy)")
_KEY_IN_ENTRY = "leave `--secret` out: the key then stands in the entry"


class EntryFields(NamedTuple):
    """What an entry says, whatever its client calls it. `command` and `arguments` may be of any type: people write them."""

    url: str | None = None
    headers: Mapping[str, Json] = NOTHING
    command: Json = None
    arguments: Json = ()
    environment: Mapping[str, Json] = NOTHING
    variable: str | None = None  # the one whose value the client sends as the key
    handed_on: tuple[str, ...] = ()  # variables that its program gets from the client's own environment
    others: tuple[str, ...] = ()  # the names of the entry's other fields

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the program that it starts; empty where it starts none."""
        command, arguments = (
            part if isinstance(part, list) else [part] if isinstance(part, str) else []
            for part in (self.command, self.arguments)
        )
        return tuple(str(word) for word in (*command, *arguments) if is_word(word))


def is_word(value: Json) -> bool:
    """Whether its author meant a word of a command: a text, or a number whose quotes were left out."""
    return isinstance(value, str) or type(value) is int


def prompt_definition() -> Json:
    """The item of VS Code's `inputs` that makes it ask for the key once and keep it in the system's keychain.

    https://code.visualstudio.com/docs/reference/variables-reference#_input-variables
    """
    return {"type": "promptString", "id": PROMPT_ID, "description": "PostHog personal API key", "password": True}


def render_entry(schema: EntrySchema, server: Server, name: str = "posthog") -> dict[str, Json]:
    """The entry for `server` as this client spells it. Raises NotSupported when it cannot be said."""
    if schema.names is not None and not re.fullmatch(schema.names, name):
        raise NotSupported(f"it takes no server of the name `{name}`", "use letters, digits and `-` in `--name`")
    if isinstance(server, Remote):
        if schema.remote is None:
            raise NotSupported("it only starts programs and cannot reach a server over HTTP from its file")
        fields = {**schema.remote, **_beside(schema, server.key)}
        variable = server.key.name if isinstance(server.key, EnvironmentReference) else None
        named = variable is not None and VARIABLE in fields.values()
        header = {AUTHORIZATION: f"Bearer {_spell(schema, server.key)}"} if server.key and not named else None
        values = {URL: server.url, VARIABLE: variable, VARIABLES: variable and [variable], HEADERS: header, NAME: name}
        return _fill(fields, values)
    handed_on = _handed_on(schema, server.key)
    key = {AUTH_VARIABLE: f"Bearer {_spell(schema, server.key)}"} if server.key and not handed_on else {}
    return _fill(
        schema.stdio,
        {
            COMMAND: server.command,
            ARGUMENTS: [*server.arguments],
            COMMAND_LINE: [server.command, *server.arguments],
            ENVIRONMENT: {**key, **dict(server.environment)} or None,
            VARIABLES: [*(handed_on or ()), *server.handed_on] or None,
            NAME: name,
        },
    )


def _beside(schema: EntrySchema, key: Key) -> Mapping[str, Json]:
    """The fields that only some remote entries have."""
    if key is None:
        return schema.signing_in
    named = isinstance(key, EnvironmentReference) and VARIABLE in (schema.remote or NOTHING).values()
    return {**schema.with_key, **(schema.with_variable if named else NOTHING)}


def _handed_on(schema: EntrySchema, key: Key) -> list[str] | None:
    """The variable that the client hands on to a program; it keeps its name, so it must be one that we read."""
    if not isinstance(key, EnvironmentReference) or VARIABLES not in schema.stdio.values():
        return None
    if key.name not in _READ_BY_US:
        raise NotSupported(
            f"it hands {key.name} on under that name, which our program does not read",
            f"use `--env-var {_READ_BY_US[1]}`",
        )
    return [key.name]


def read_entry(schema: EntrySchema, entry: Json) -> EntryFields:
    """What an entry in this client's file says, right or wrong; nothing where it is no object."""
    if not isinstance(entry, Mapping):
        return EntryFields()
    url, variable = (_first(entry, names, str) for names in (_names(schema, URL), _own(schema, VARIABLE)))
    beside, _, _ = url.rpartition(".")  # what belongs to an address stands with it
    headers = _first(entry, (*_names(schema, HEADERS), *(f"{beside}.{one}" for one in _own(schema, HEADERS) if beside)))
    environment, command, arguments, names = (
        _first(entry, _names(schema, value)) for value in (ENVIRONMENT, COMMAND, ARGUMENTS, VARIABLES)
    )
    program: Json
    program, words, given = _at(entry, command), _at(entry, arguments, ()), _at(entry, environment)
    if isinstance(program, dict):  # as Zed once had it
        program, words, given = program.get("path"), program.get("args", ()), program.get("env", given)
    if isinstance(program, list) and program and command in _own(schema, COMMAND_LINE):
        program, words = program[0], [*program[1:], *(words if isinstance(words, list) else ())]
    handed_on = _at(entry, names)
    used = {name.partition(".")[0] for name in (url, variable, headers, environment, command, arguments, names)}
    return EntryFields(
        _at(entry, url),
        {_canonical(name): text for name, text in _mapping(_at(entry, headers)).items()},
        program,
        words,
        _mapping(given),
        _at(entry, variable),
        tuple(handed_on) if _all_text(handed_on) else (),
        tuple(name for name in entry if name not in used),
    )


def read_back(schema: EntrySchema, entry: Json) -> Server | None:
    """The server that an entry in this client's file stands for; None when it has neither a URL nor a command."""
    fields = read_entry(schema, entry)
    if fields.url is not None:
        return Remote(fields.url, entry_key(schema, fields))
    if not isinstance(fields.command, str) or not _all_text(fields.arguments):
        return None
    key = entry_key(schema, fields)
    return in_surroundings(fields)._replace(command=fields.command, arguments=tuple(fields.arguments), key=key)


def in_surroundings(fields: EntryFields) -> Stdio:
    """No program yet, with what the entry says of our store, the PostHog and the way to it."""
    kept = tuple((name, value) for name, value in fields.environment.items() if _SURROUNDINGS.fullmatch(name))
    return Stdio("", (), None, kept, tuple(name for name in fields.handed_on if _SURROUNDINGS.fullmatch(name)))


def entry_key(schema: EntrySchema, fields: EntryFields) -> Key:
    """The key that it holds or refers to: a remote entry in its header, else in its environment."""
    if fields.url is None:
        named = next((EnvironmentReference(name) for name in fields.handed_on if name in _READ_BY_US), None)
        beside = _READ_BY_US[1:] if invocation_of(fields.words) else ()  # an application's key, and none, are skipped
        counted = (name for name in beside if not re.match(r"\s*(?:phc_|$)", str(fields.environment.get(name))))
        keys: Iterator[Key] = (_read_key(schema, fields.environment, name) for name in (AUTH_VARIABLE, *counted))
        return next((key for key in keys if key is not None), named)
    header = _read_key(schema, fields.headers, AUTHORIZATION)
    return EnvironmentReference(fields.variable) if header is None and fields.variable else header


def rekeyed(schema: EntrySchema, entry: Mapping[str, Json], key: Key) -> dict[str, Json]:
    """The same entry with another key, in its header or environment. Raises NotSupported when it cannot be said."""
    server = read_back(schema, entry)
    if server is None:
        return {**entry}
    spelled = render_entry(schema, server._replace(key=key))
    changed = _keyless(schema, entry)
    holders = (name for value in (HEADERS, ENVIRONMENT, VARIABLE, VARIABLES) for name in _own(schema, value))
    for name in (*holders, *_beside(schema, key)):
        value, before = _at(spelled, name, _NONE), _mapping(_at(entry, name))
        if isinstance(value, Mapping):  # headers or variables of before that limit what the key reaches
            value = {**{one: text for one, text in before.items() if LIMITING.fullmatch(one)}, **value}
        changed = changed if value is _NONE else _put(changed, name, value)
    return changed


def without_header(schema: EntrySchema, entry: Mapping[str, Json]) -> dict[str, Json]:
    """The entry without its Authorization header, and without headers at all where it was the only one."""
    return _fill_in(_keyless(schema, entry), schema.signing_in)


def _keyless(schema: EntrySchema, entry: Mapping[str, Json]) -> dict[str, Json]:
    """The entry without its key, and without what only comes with one, or without one, as far as it is as we write it."""
    kept = {**entry}
    for stands_for, keys in ((HEADERS, (AUTHORIZATION,)), (ENVIRONMENT, _READ_BY_US)):
        field = _first(kept, _names(schema, stands_for))
        rest = {name: text for name, text in _mapping(_at(kept, field)).items() if _canonical(name) not in keys}
        kept = _put(kept, field, rest or _NONE) if field else kept
    for name in (*_own(schema, VARIABLE), *_own(schema, VARIABLES)):
        kept = _put(kept, name, _NONE)
    for name, value in (*schema.with_key.items(), *schema.with_variable.items(), *schema.signing_in.items()):
        kept = _put(kept, name, _NONE) if equal(_at(kept, name, _NONE), value) else kept
    return kept


def _canonical(header: str) -> str:
    """The name of a header, whose case does not matter, as we write it."""
    return AUTHORIZATION if header.lower() == AUTHORIZATION.lower() else header


def unread_address(schema: EntrySchema, entry: Mapping[str, Json]) -> tuple[str, str] | None:
    """The field under which the address stands, and the one that the client reads; None where that is the same."""
    read = (*_own(schema, URL), *schema.addresses)
    used = _first(entry, _names(schema, URL))
    return None if used in read else (used, read[0])


def command_field(schema: EntrySchema, entry: Mapping[str, Json]) -> tuple[str, Json]:
    """The field that names the program, and what stands there."""
    name = _first(entry, _names(schema, COMMAND))
    return name, _at(entry, name)


def missing_field(schema: EntrySchema, entry: Mapping[str, Json]) -> tuple[str, str] | None:
    """The field without which the client does not see a server, and its value; None where one of those is there."""
    beside = _first(entry, _names(schema, URL)).rpartition(".")[0]
    holder = _mapping(_at(entry, beside)) if beside else entry
    if any(_at(holder, name) in known for name, known in schema.required.items()):
        return None
    return next(((name, known[0]) for name, known in schema.required.items()), None)


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
    restricting = {**schema.switch, **schema.restricting}  # what only takes something away, as an entry's switch does
    return tuple(
        name
        for name, value in previous.items()
        if name in schema.user_keys
        and not (name in restricting and (restricting[name] == ANY or restricting[name] is value))
        and schema.stdio.get(name) != value  # what we write ourselves, as Zed's `enabled`
        and not (name in trusted and equal(trusted[name], value))
    )


def without(value: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    """The entry without these fields."""
    return {name: part for name, part in value.items() if name not in names}


def _fill(shape: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
    """The shape with its stand-ins replaced; a field whose value is None is left out."""
    filled = {name: values.get(value, value) if isinstance(value, str) else value for name, value in shape.items()}
    return _fill_in({}, {name: value for name, value in filled.items() if value is not None})


def _fill_in(entry: dict[str, Json], fields: Mapping[str, Json]) -> dict[str, Json]:
    for name, value in fields.items():
        entry = _put(entry, name, value)
    return entry


_NONE = object()  # no value at all; None is one


def _at(entry: Json, name: str, default: Json = None) -> Json:
    """The value of a field; a dot in its name leads into an object, and no name is no field."""
    first, dot, rest = name.partition(".")
    if not name or not isinstance(entry, Mapping) or first not in entry:
        return default
    return _at(entry[first], rest, default) if dot else entry[first]


def _put(entry: Mapping[str, Json], name: str, value: Json) -> dict[str, Json]:
    """The entry with that value in the field; `_NONE` takes it out, with the objects that are empty then."""
    first, dot, rest = name.partition(".")
    if dot:
        value = _put(_mapping(entry.get(first)), rest, value) or _NONE
    if value is _NONE:
        return without(entry, (first,))
    return {**entry, first: value}


def _own(schema: EntrySchema, stands_for: str) -> tuple[str, ...]:
    """The fields that have this value in the client's own spelling."""
    shapes = (schema.remote or NOTHING, schema.stdio)
    return tuple(name for shape in shapes for name, value in shape.items() if value == stands_for)


def _names(schema: EntrySchema, stands_for: str) -> tuple[str, ...]:
    """The fields under which this value is looked for, in order."""
    if stands_for == URL:
        return (*_own(schema, URL), *schema.addresses, *_USUAL[URL])
    own = (*_own(schema, stands_for), *(_own(schema, COMMAND_LINE) if stands_for == COMMAND else ()))
    return own or _USUAL.get(stands_for, ())


def _first(entry: Mapping[str, Json], names: tuple[str, ...], kind: type = object) -> str:
    """The first of the names that the entry has, with a value of that kind; no name where it has none."""
    return next((name for name in names if (v := _at(entry, name, _NONE)) is not _NONE and isinstance(v, kind)), "")


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
    token = _BEARER.sub("", value, count=1)
    for template, kind in ((schema.environment_reference, EnvironmentReference), (schema.prompt_reference, Prompted)):
        if template is None:
            continue
        before, after = template.format(name="\0", id="\0").split("\0")
        if token.startswith(before) and token.endswith(after):
            return kind(token[len(before) : len(token) - len(after)])
    return Secret(token)


def _all_text(values: Json) -> bool:
    return isinstance(values, (list, tuple)) and all(isinstance(value, str) for value in values)
