"""The input of a tool: its JSON schema and the strict check of what a client sent, both from the function's types."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema

from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.strict_json import decode, nesting_levels
from posthog_wizard.tools.aliases import passed, respelled
from posthog_wizard.tools.parameters import REQUIRED
from posthog_wizard.tools.tool import Tool

_DEEPEST = 100  # levels of arguments; PostHog's queries have a dozen
_LARGEST = 2**63 - 1  # of a number in PostHog's databases
_LONGEST_PATH = 200  # characters that are shown of an argument's name
_STRICT = ConfigDict(extra="forbid", strict=True)
_IDENTIFIER = re.compile(r"(\w+_)?(id|key)")  # arguments that are texts and may look like numbers
_WRAPPERS = ("data", "dateRange", "date_range")  # objects that hold arguments of ours
_MORE = "more"  # the parameter that gets what passes to PostHog as it is, and that nobody is shown
_WANTED: Mapping[str, type | tuple[type, ...]] = {
    "int_type": int,
    "int_from_float": int,
    "float_type": (int, float),
    "bool_type": bool,
    "list_type": list,
    "dict_type": dict,
}
_WORDS = {
    "int_type": "must be an integer",
    "float_type": "must be a number",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "list_type": "must be an array",
    "dict_type": "must be an object",
    "missing": "is required",
}


def schema(tool: Tool) -> dict[str, Any]:
    """The tool's JSON schema (2020-12), as small as it can be: tokens are what users pay."""
    made = _model(tool).model_json_schema(schema_generator=_Compact)
    made["properties"].pop(_MORE, None)
    definitions = made.pop("$defs", {})
    asked = [name for name, node in made["properties"].items() if node.pop(REQUIRED, False)]
    made |= {"required": asked + made.get("required", [])} if asked else {}
    inlined: dict[str, Any] = _inline(
        {key: made[key] for key in ("type", "properties", "required") if key in made}, definitions
    )
    return {"type": "object", "properties": {}, **inlined, "additionalProperties": False}


def checked_arguments(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments to call the function with.

    The spelling of PostHog's own servers is understood (`aliases`), also a `data` object around the arguments; and JSON text
    where another type than a text is wanted, whole floats as integers, numbers as textual ids.

    Raises:
        WrongUsage: an argument is unknown, missing or has the wrong type; the message names each.
    """
    _check_depth(tool, arguments)
    made = _validated(tool, _respelled(tool, arguments))
    given = {name: getattr(made, name) for name in tool.parameters}
    if (passing := given.pop(_MORE, None)) is not None:
        given[_MORE] = passing.model_dump(exclude_unset=True)
    for name, value in given.items():
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise WrongUsage(f"`{tool.name}`: `{name}` is larger than any number of PostHog's", "give a smaller one")
    return given


def _check_depth(tool: Tool, arguments: Mapping[str, Any]) -> None:
    if nesting_levels({**arguments}) > _DEEPEST:
        raise WrongUsage(f"`{tool.name}`: arguments are nested deeper than {_DEEPEST} levels", "send them flatter")


def _validated(tool: Tool, spelled: dict[str, Any]) -> BaseModel:
    """The arguments in their types; what is of another type is read anew where that helps. Raises WrongUsage."""
    while True:
        _check_depth(tool, spelled)
        try:
            return _model(tool).model_validate(spelled)
        except ValidationError as error:
            details = error.errors(include_url=False)
        if not [detail for detail in details if _mended(spelled, detail)]:
            faults = "; ".join(_fault(tool, detail) for detail in details[:5])
            names = ", ".join(f"`{name}`" for name in tool.parameters if name != _MORE) or "none"
            raise WrongUsage(f"`{tool.name}`: {faults}", f"the arguments of `{tool.name}` are: {names}")


def _mended(spelled: Any, detail: ErrorDetails) -> bool:
    """Whether the value could be read as what is wanted in its place, where it then is."""
    *path, name = detail["loc"] or ("",)
    found = _read(detail["input"], detail["type"], str(name))
    if found is None or found is detail["input"]:  # another reading of it helps no more
        return False
    for part in path:
        spelled = spelled[part]
    spelled[name] = found
    return True


def _read(value: Any, fault: str, name: str) -> Any:
    """A text as the JSON that it is, a whole float as an integer, a number as an identifier; None for what is none of them."""
    if fault == "string_type" and isinstance(value, int | float) and _IDENTIFIER.fullmatch(name):
        return None if isinstance(value, bool) or value != value // 1 else str(int(value))
    if isinstance(value, str) and fault in _WANTED:
        try:
            value = decode(value.encode())
        except ValueError:
            return None
    if _WANTED.get(fault) is int and isinstance(value, float) and value.is_integer():
        return int(value)
    fits = isinstance(value, _WANTED.get(fault, ())) and isinstance(value, bool) == (fault == "bool_type")
    return value if fits else None


@cache
def _model(tool: Tool) -> type[BaseModel]:
    types = get_type_hints(tool.function, include_extras=True)
    fields: dict[str, Any] = {
        name: (types[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in tool.parameters.items()
        if name != _MORE
    }
    if _MORE in tool.parameters:
        passing: dict[str, Any] = {name: (kind, None) for name, kind in passed(tool.name).items()}
        fields[_MORE] = (create_model(_MORE, __config__=_STRICT, **passing), None)
    return create_model(tool.name, __config__=_STRICT, **fields)


def _respelled(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A copy in the tool's own names, with what only passes through in its own place."""
    flat = copy.deepcopy(dict(arguments))
    for wrapper in _WRAPPERS:
        inner = _read(flat.get(wrapper), "dict_type", wrapper)
        if wrapper not in tool.parameters and inner is not None:
            del flat[wrapper]
            flat |= inner
    more = passed(tool.name)
    found = respelled(tool.name, {*tool.parameters, *more}, flat)
    passing = {name: found.pop(name) for name in more if name in found and name not in tool.parameters}
    return found | ({_MORE: passing} if passing else {})


def _fault(tool: Tool, detail: ErrorDetails) -> str:
    inside = detail["loc"][0] == _MORE and len(detail["loc"]) > 1
    places = [str(part) for part in detail["loc"][inside:]]
    path = ".".join(places)[:_LONGEST_PATH]
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(places[-1], _names_at(tool, detail["loc"][:-1]), n=1)
        meant = ".".join([*places[:-1], *close])[:_LONGEST_PATH]
        return f"there is no argument `{path}`" + (f" (did you mean `{meant}`?)" if close else "")
    message = detail["msg"].replace("Input should ", "must ").replace("String should ", "must ")
    return f"`{path}` {_WORDS.get(detail['type'], message[:1].lower() + message[1:])}"


def _names_at(tool: Tool, path: tuple[int | str, ...]) -> list[str]:
    """The names that an object in the arguments may have."""
    if not path:
        return [*(name for name in tool.parameters if name != _MORE), *passed(tool.name)]
    whole = _model(tool).model_json_schema(schema_generator=_Compact)
    node = _inline(whole, whole.get("$defs", {}))
    for part in path:
        node = node.get("items", {}) if isinstance(part, int) else node.get("properties", {}).get(part, {})
    return list(node.get("properties", {}))


class _Compact(GenerateJsonSchema):
    """Without titles, without null beside an optional type, without defaults that say nothing."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        made = super().default_schema(schema)
        return {key: value for key, value in made.items() if (key, value) != ("default", None)}


def _inline(node: Any, definitions: Mapping[str, Any]) -> Any:
    """Put shared definitions in their places: some clients do not follow references."""
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        # The description of a shared definition is its docstring, which is for people who read the code.
        target = definitions[node["$ref"].rsplit("/", 1)[1]]
        node = _without(target, "description") | _without(node, "$ref")
    said = {key: value for key, value in node.items() if (key, value) != ("additionalProperties", True)}
    return {
        key: _inline(value, definitions) for key, value in said.items() if key != "title" or isinstance(value, dict)
    }


def _without(node: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The node without one of its keys."""
    return {key: value for key, value in node.items() if key != name}
