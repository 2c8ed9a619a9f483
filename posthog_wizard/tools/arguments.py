"""The input of a tool: its JSON schema and the strict check of what a client sent, both from the function's types."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import ErrorDetails, core_schema

from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.strict_json import nesting_levels
from posthog_wizard.tools.tool import Tool

_DEEPEST = 100  # levels of arguments; PostHog's queries have a dozen
_LARGEST = 2**63 - 1  # of a number in PostHog's databases
_LONGEST_PATH = 200  # characters that are shown of an argument's name
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
    definitions = made.pop("$defs", {})
    inlined: dict[str, Any] = _inline(
        {key: made[key] for key in ("type", "properties", "required") if key in made}, definitions
    )
    return {"type": "object", "properties": {}, **inlined, "additionalProperties": False}


def checked_arguments(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments to call the function with.

    The spelling of PostHog's first server is understood: a `data` object around the arguments, and camelCase names.

    Raises:
        WrongUsage: an argument is unknown, missing or has the wrong type; the message names each.
    """
    if nesting_levels({**arguments}) > _DEEPEST:
        raise WrongUsage(f"`{tool.name}`: arguments are nested deeper than {_DEEPEST} levels", "Send them flatter.")
    spelled = _respelled(tool, arguments)
    try:
        made = _model(tool).model_validate(spelled)
    except ValidationError as error:
        faults = "; ".join(_fault(tool, detail) for detail in error.errors(include_url=False)[:5])
        names = ", ".join(f"`{name}`" for name in tool.parameters) or "none"
        raise WrongUsage(f"`{tool.name}`: {faults}", f"The arguments of `{tool.name}` are: {names}.") from None
    given = {name: getattr(made, name) for name in tool.parameters}
    for name, value in given.items():
        if isinstance(value, int) and abs(value) > _LARGEST:
            raise WrongUsage(f"`{tool.name}`: `{name}` is larger than any number of PostHog's", "Give a smaller one.")
    return given


@cache
def _model(tool: Tool) -> type[BaseModel]:
    types = get_type_hints(tool.function, include_extras=True)
    fields: dict[str, Any] = {
        name: (types[name], ... if parameter.default is parameter.empty else parameter.default)
        for name, parameter in tool.parameters.items()
    }
    return create_model(tool.name, __config__=ConfigDict(extra="forbid", strict=True), **fields)


def _respelled(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    flat = dict(arguments)
    if "data" not in tool.parameters and isinstance(flat.get("data"), dict):
        flat |= flat.pop("data")
    return {name if name in tool.parameters else _known(tool, name): value for name, value in flat.items()}


def _known(tool: Tool, name: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return snake if snake in tool.parameters else name


def _fault(tool: Tool, detail: ErrorDetails) -> str:
    path = ".".join(str(part) for part in detail["loc"])[:_LONGEST_PATH]
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(path, tool.parameters, n=1)
        return f"there is no argument `{path}`" + (f" (did you mean `{close[0]}`?)" if close else "")
    message = detail["msg"].replace("Input should ", "must ").replace("String should ", "must ")
    return f"`{path}` {_WORDS.get(detail['type'], message[:1].lower() + message[1:])}"


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
