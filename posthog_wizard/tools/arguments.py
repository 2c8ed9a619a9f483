"""The input of a tool: its JSON schema and the strict check of what a client sent, both from the function's types."""

import copy
import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints

from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.strict_json import decode, nesting_levels
from posthog_wizard.tools.aliases import passed, respelled
from posthog_wizard.tools.tool import Tool
from posthog_wizard.tools.value_types import (
    WANTED,
    TypeFault,
    ValuePath,
    field_of,
    is_of,
    json_schema,
    names_within,
    object_taken,
    taken,
)

_DEEPEST = 100  # levels of arguments; PostHog's queries have a dozen
_LARGEST = 2**63 - 1  # of a number in PostHog's databases
_LONGEST_PATH = 200  # characters that are shown of an argument's name
_IDENTIFIER = re.compile(r"(\w+_)?(id|key)")  # arguments that are texts and may look like numbers
_WRAPPERS = ("data", "dateRange", "date_range")  # objects that hold arguments of ours
_MORE = "more"  # the parameter that gets what passes to PostHog as it is, and that nobody is shown


def schema(tool: Tool) -> dict[str, Any]:
    """The tool's JSON schema (2020-12), as small as it can be: tokens are what users pay."""
    fields = {name: field_of(kind) for name, kind in _types(tool).items()}
    shown = {
        name: json_schema(kind, None if _is_required(tool, name) else tool.parameters[name].default)
        for name, kind in _types(tool).items()
        if name != _MORE and not fields[name].hidden
    }
    asked = [name for name in shown if fields[name].required] + [name for name in shown if _is_required(tool, name)]
    required = {"required": asked} if asked else {}
    return {"type": "object", "properties": shown, **required, "additionalProperties": False}


def checked_arguments(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments to call the function with.

    The spelling of PostHog's own servers is understood (`aliases`), also a `data` object around the arguments; and JSON text
    where another type than a text is wanted, whole floats as integers, numbers as textual ids.

    Raises:
        WrongUsage: an argument is unknown, missing or has the wrong type; the message names each.
    """
    _check_depth(tool, arguments)
    spelled = _respelled(tool, arguments)
    given, faults = _taken(tool, spelled)
    while faults:  # what is of another type is read anew where that helps
        if not [fault for fault in faults if _mended(spelled, fault)]:
            told = "; ".join(_told(tool, fault) for fault in faults[:5])
            names = ", ".join(f"`{name}`" for name in tool.parameters if name != _MORE) or "none"
            raise WrongUsage(f"`{tool.name}`: {told}", f"the arguments of `{tool.name}` are: {names}")
        given, faults = _taken(tool, spelled)
    for name, value in given.items():
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise WrongUsage(f"`{tool.name}`: `{name}` is larger than any number of PostHog's", "give a smaller one")
    return given


def _check_depth(tool: Tool, arguments: Mapping[str, Any]) -> None:
    if nesting_levels({**arguments}) > _DEEPEST:
        raise WrongUsage(f"`{tool.name}`: arguments are nested deeper than {_DEEPEST} levels", "send them flatter")


def _taken(tool: Tool, spelled: dict[str, Any]) -> tuple[dict[str, Any], list[TypeFault]]:
    """The arguments in their types, with defaults, and what does not fit."""
    _check_depth(tool, spelled)
    faults: list[TypeFault] = []
    made: dict[str, Any] = {}
    for name, kind in _types(tool).items():
        if name == _MORE:
            given = spelled.get(_MORE)
            if isinstance(given, dict):
                made[_MORE] = object_taken(None, passed(tool.name), given, (_MORE,), faults)
        elif spelled.get(name) is None and not _is_required(tool, name):  # null is as good as nothing
            made[name] = tool.parameters[name].default
        elif name in spelled:
            made[name] = taken(kind, spelled[name], (name,), faults)
        else:
            faults.append(TypeFault((name,), "missing", "is required", spelled))
    faults += [
        TypeFault((name,), "extra_forbidden", "", value)
        for name, value in spelled.items()
        if name not in tool.parameters or (name == _MORE and not isinstance(value, dict))
    ]
    return made, faults


def _mended(spelled: Any, fault: TypeFault) -> bool:
    """Whether the value could be read as what is wanted in its place, where it then is."""
    *path, name = fault.path
    found = _read(fault.value, fault.kind, str(name))
    if found is None or found is fault.value:  # another reading of it helps no more
        return False
    for part in path:
        spelled = spelled[part]
    spelled[name] = found
    return True


def _read(value: Any, fault: str, name: str) -> Any:
    """What is meant: by a text JSON, or as a query SQL; by a whole float an integer, by a number an identifier. Else None."""
    wanted = WANTED.get(fault)
    if wanted is str and isinstance(value, int | float) and _IDENTIFIER.fullmatch(name):
        return None if isinstance(value, bool) or value != value // 1 else str(int(value))
    if wanted is None or wanted is str:
        return None
    if isinstance(value, str):
        try:
            value = decode((value.lower() if wanted is bool else value).encode())
        except ValueError:
            sql = name == "query" and wanted is dict and value.lstrip()[:1] not in ("{", "[")
            return {"kind": "HogQLQuery", "query": value} if sql else None
    if wanted is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value if is_of(value, wanted) else None


@cache
def _types(tool: Tool) -> dict[str, Any]:
    types = get_type_hints(tool.function, include_extras=True)
    return {name: types[name] for name in tool.parameters}


def _is_required(tool: Tool, name: str) -> bool:
    parameter = tool.parameters[name]
    return parameter.default is parameter.empty


def _respelled(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in the tool's own names, with what only passes through in its own place."""
    flat = copy.deepcopy(dict(arguments))
    for wrapper in _WRAPPERS if "body" not in tool.parameters else ():
        inner = _read(flat.get(wrapper), "dict_type", wrapper)
        if wrapper not in tool.parameters and inner is not None:
            del flat[wrapper]
            flat |= inner
    more = passed(tool.name)
    found = respelled(tool.name, {*tool.parameters, *more}, flat)
    passing = {name: found.pop(name) for name in more if name in found and name not in tool.parameters}
    return found | ({_MORE: passing} if passing else {})


def _told(tool: Tool, fault: TypeFault) -> str:
    inside = fault.path[0] == _MORE and len(fault.path) > 1
    places = [str(part) for part in fault.path[inside:]]
    path = ".".join(places)[:_LONGEST_PATH]
    if fault.kind == "extra_forbidden":
        close = difflib.get_close_matches(places[-1], _names_at(tool, fault.path[:-1]), n=1)
        meant = ".".join([*places[:-1], *close])[:_LONGEST_PATH]
        return f"there is no argument `{path}`" + (f" (did you mean `{meant}`?)" if close else "")
    return f"`{path}` {fault.words}"


def _names_at(tool: Tool, path: ValuePath) -> list[str]:
    """The names that an object in the arguments may have."""
    if not path:
        return [*(name for name in tool.parameters if name != _MORE), *passed(tool.name)]
    if path == (_MORE,):
        return [*passed(tool.name)]
    return names_within(_types(tool)[str(path[0])], path[1:])
