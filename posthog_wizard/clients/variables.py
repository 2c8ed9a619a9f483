"""Environment references in a client's file, expanded as that client expands them. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from posthog_wizard.model import Client, EntrySchema

_BARE = r"\$(?P<name>\w+)"


class _Reference(NamedTuple):
    """A variable that a text refers to, and where."""

    name: str
    default: str | None
    start: int
    end: int


def expand_variables(schema: EntrySchema, text: str, environment: Mapping[str, str]) -> str:
    """The text as the client understands it. What becomes of a variable that is not set, its row says."""
    shown, position = [], 0
    for one in _references(schema, text):
        unset_value = text[one.start : one.end] if schema.unset_variable == "literal" else ""
        value = environment.get(one.name, unset_value if one.default is None else one.default)
        shown += [text[position : one.start], value]
        position = one.end
    return "".join((*shown, text[position:]))


def unset(schema: EntrySchema, text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The variables that the text needs and that are not set."""
    found = _references(schema, text)
    return tuple(one.name for one in found if one.name not in environment and one.default is None)


def variables_in(schema: EntrySchema, text: str) -> tuple[str, ...]:
    """The variables that the text refers to in this client's own syntax, whether they are set or not."""
    return tuple(one.name for one in _references(schema, text))


def hands_on(client: Client, name: str) -> bool:
    """Whether what the client starts gets this variable of the client's own environment."""
    if client.withholds is not None and re.search(client.withholds, name, re.IGNORECASE):
        return False
    return client.hands_over is None or bool(re.fullmatch(client.hands_over, name))


def _references(schema: EntrySchema, text: str) -> Iterator[_Reference]:
    """They are looked for as far as braces are closed, or each `${` of a stranger's would be followed to the end."""
    pattern = schema.environment_pattern
    if pattern is None:
        if schema.environment_reference is None:
            return
        before, after = schema.environment_reference.format(name="\0").split("\0")
        pattern = rf"{re.escape(before)}(?P<name>\w+){re.escape(after)}"
    closed = text.rfind("}") + 1
    found = [*re.finditer(pattern, text[:closed])]
    if re.fullmatch(pattern, "$NAME"):
        found += re.compile(_BARE).finditer(text, closed)
    for one in found:
        groups = one.groupdict()
        yield _Reference(groups.get("name") or groups.get("braced") or "", groups.get("default"), *one.span())
