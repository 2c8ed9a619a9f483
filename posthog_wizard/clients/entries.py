"""The few shapes of an entry, and how each client's row spells them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from posthog_wizard.errors import NotSupported
from posthog_wizard.model import (
    ANY,
    EntrySchema,
    EnvironmentReference,
    Json,
    Key,
    Prompted,
    Remote,
    Secret,
    Server,
    Stdio,
)

# What stands for a value in a style's `remote` and `stdio`.
URL, HEADERS, _COMMAND, _ARGUMENTS, _ENVIRONMENT = "<url>", "<headers>", "<command>", "<arguments>", "<environment>"

# The shape that most clients share.
PLAIN_STDIO: Mapping[str, Json] = {"command": _COMMAND, "args": _ARGUMENTS, "env": _ENVIRONMENT}

AUTH_VARIABLE = "POSTHOG_AUTH_HEADER"  # what `serve` and `bridge` read: "Bearer KEY"
AUTHORIZATION = "Authorization"
PROMPT_ID = "posthog-api-key"
_KEY_IN_ENTRY = "leave `--secret` out: the key then stands in the entry"


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


def render_entry(schema: EntrySchema, server: Server) -> dict[str, Json]:
    """The entry for `server` as this client spells it. Raises NotSupported when it cannot be said."""
    if isinstance(server, Remote):
        if schema.remote is None:
            raise NotSupported("it only starts programs and cannot reach a server over HTTP from its file")
        header = {AUTHORIZATION: f"Bearer {_spell(schema, server.key)}"} if server.key else None
        return _fill(schema.remote, {URL: server.url, HEADERS: header})
    environment = {AUTH_VARIABLE: f"Bearer {_spell(schema, server.key)}"} if server.key else None
    values = {_COMMAND: server.command, _ARGUMENTS: list(server.arguments), _ENVIRONMENT: environment}
    return _fill(schema.stdio, values)


def read_back(schema: EntrySchema, entry: Json) -> Server | None:
    """The server that an entry in this client's file stands for; None when it has neither a URL nor a command."""
    if not isinstance(entry, Mapping):
        return None
    url = address(entry)
    if url is not None:
        return Remote(url, _read_key(schema, entry.get("headers"), AUTHORIZATION))
    command, arguments = entry.get("command"), entry.get("args", [])
    if not isinstance(command, str) or not _all_text(arguments):
        return None
    return Stdio(command, tuple(arguments), _read_key(schema, entry.get("env"), AUTH_VARIABLE))


def address(entry: Mapping[str, Json]) -> str | None:
    """The URL of a remote entry, whatever its client calls the field."""
    named = (entry.get(name) for name in ("url", "serverUrl", "httpUrl"))
    return next((value for value in named if isinstance(value, str)), None)


def keep_user_fields(
    schema: EntrySchema, entry: Mapping[str, Json], previous: Json, trusted: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """The new entry with what belongs to the user (`disabled`, approved tools, ...) taken over from the old one.

    `trusted`: in a file that anybody may have written, what is known not to be a stranger's; None: everything.
    """
    if not isinstance(previous, Mapping):
        return {**entry}
    unfit = (*(schema.remote_only if "command" in entry else ()), *dropped(schema, previous, trusted))
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
        and not (name in trusted and _same_value(trusted[name], value))
    )


def _only_restricts(schema: EntrySchema, name: str, value: Json) -> bool:
    return name in schema.restricting and (schema.restricting[name] == ANY or schema.restricting[name] is value)


def _same_value(one: Json, other: Json) -> bool:
    """Whether two values are the same in JSON, where `true` is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def without(value: Mapping[str, Json], names: tuple[str, ...]) -> dict[str, Json]:
    """The entry without these fields."""
    return {name: part for name, part in value.items() if name not in names}


def _fill(shape: Mapping[str, Json], values: Mapping[str, Json]) -> dict[str, Json]:
    """The shape with its stand-ins replaced; a field whose value is None is left out."""
    filled = {name: values.get(value, value) if isinstance(value, str) else value for name, value in shape.items()}
    return {name: value for name, value in filled.items() if value is not None}


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


def _read_key(schema: EntrySchema, holder: Json, name: str) -> Key:
    value = holder.get(name) if isinstance(holder, Mapping) else None
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
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
