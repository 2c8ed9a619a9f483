"""The types of tools' parameters: their JSON schema, and the strict check of a value. Pure.

The part of pydantic that the tools use, without its 10 MB and its tenth of a second in every client's server; pydantic
judges both in `tests/tools/test_value_types.py`. Known are the types of JSON, `None` beside one, `Literal` of texts, and
`TypedDict`; each may be `Annotated` with a Field.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

ValuePath = tuple[str | int, ...]
# A type in JSON schema's word, in pydantic's term for what is none of it, and in words.
_BASES: Mapping[Any, tuple[str, str, str]] = {
    int: ("integer", "int_type", "must be an integer"),
    float: ("number", "float_type", "must be a number"),
    str: ("string", "string_type", "must be a string"),
    bool: ("boolean", "bool_type", "must be true or false"),
    list: ("array", "list_type", "must be an array"),
    dict: ("object", "dict_type", "must be an object"),
}
WANTED: Mapping[str, type] = {fault: base for base, (_, fault, _) in _BASES.items()}  # by the kind of a TypeFault
# A limit of a number or of a size: its name, in JSON schema's word, and what must be so.
_NUMBER_LIMITS: tuple[tuple[str, str, Callable[[Any, Any], bool], str], ...] = (
    ("ge", "minimum", operator.ge, "must be greater than or equal to {}"),
    ("gt", "exclusiveMinimum", operator.gt, "must be greater than {}"),
    ("le", "maximum", operator.le, "must be less than or equal to {}"),
)
_SIZE_LIMITS: tuple[tuple[str, str, Callable[[Any, Any], bool], str], ...] = (
    ("min_length", "min{}", operator.ge, "must have at least {} {}"),
    ("max_length", "max{}", operator.le, "must have at most {} {}"),
)
_CLOSED = "__closed_object__"


@dataclass(frozen=True, eq=False)
class Constraints:
    """What a value must be beside its type, and what a model reads; the names are pydantic's. `shown` replaces the schema.

    `required`: shown as required, though an argument that is `hidden` may stand for it.
    """

    description: str | None = None
    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    shown: Mapping[str, Any] | None = None
    required: bool = False
    hidden: bool = False


_PLAIN = Constraints()


class TypeFault(NamedTuple):
    """A value that does not fit: where, what is wrong (in pydantic's terms, and in words behind the name), and the value."""

    path: ValuePath
    kind: str
    words: str
    value: Any


class _Type(NamedTuple):
    """A type taken apart. Several `members` are alternatives."""

    members: tuple[Any, ...]
    nullable: bool = False
    field: Constraints = _PLAIN
    required: bool = False


def closed(object_type: type) -> type:
    """A `TypedDict` that takes no other keys than its own."""
    setattr(object_type, _CLOSED, True)
    return object_type


@cache
def _taken_apart(annotation: Any) -> _Type:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Required:
        return _taken_apart(arguments[0])._replace(required=True)
    if origin is Annotated:
        inner = _taken_apart(arguments[0])
        return inner._replace(field=next((one for one in arguments[1:] if isinstance(one, Constraints)), inner.field))
    if origin in {Union, UnionType}:
        members = tuple(one for one in arguments if one is not NoneType)
        alone = _taken_apart(members[0]) if len(members) == 1 else _Type(members)
        return alone._replace(nullable=len(members) < len(arguments))
    return _Type((annotation,))


@cache
def _fields_of(object_type: Any) -> dict[str, Any]:
    """The types of an object's keys; none for what is no `TypedDict`."""
    return get_type_hints(object_type, include_extras=True) if is_typeddict(object_type) else {}


def field_of(annotation: Any) -> Constraints:
    """What a type is annotated with."""
    return _taken_apart(annotation).field


def names_within(annotation: Any, path: ValuePath) -> list[str]:
    """The keys that an object may have, at a path within a value of a type."""
    member = _taken_apart(annotation).members[0]
    if not path:
        return [*_fields_of(member)]
    inner = (*get_args(member), Any)[0] if isinstance(path[0], int) else _fields_of(member).get(path[0], Any)
    return names_within(inner, path[1:])


# ------------------------------------------------------------------ schemas


def json_schema(annotation: Any, default: Any = None) -> dict[str, Any]:
    """The JSON schema (2020-12) of a type, in the order of its keys, without titles and null."""
    kind = _taken_apart(annotation)
    if kind.field.shown is not None:
        return dict(sorted(kind.field.shown.items()))
    size = "Items" if _base(kind.members[0]) is list else "Length"
    limits = {word.format(size): getattr(kind.field, name) for name, word, *_ in (*_NUMBER_LIMITS, *_SIZE_LIMITS)}
    said = {**limits, "pattern": kind.field.pattern, "description": kind.field.description, "default": default}
    made = {**_plain_schema(kind.members[0]), **{key: value for key, value in said.items() if value is not None}}
    return dict(sorted(made.items()))


def _plain_schema(member: Any) -> dict[str, Any]:
    base, arguments = _base(member), get_args(member)
    if base is Literal:
        return {"type": "string", **({"enum": [*arguments]} if len(arguments) > 1 else {"const": arguments[0]})}
    more: dict[str, Any] = {}
    if base is list and arguments:
        more = {"items": json_schema(arguments[0])}
    elif fields := _fields_of(member):
        required = [name for name, each in fields.items() if _taken_apart(each).required]
        more = {"properties": {name: json_schema(each) for name, each in fields.items() if not field_of(each).hidden}}
        more |= {"required": required} if required else {}
        more |= {"additionalProperties": False} if hasattr(member, _CLOSED) else {}
    return ({"type": _BASES[base][0]} if base in _BASES else {}) | more


def _base(member: Any) -> Any:
    """The Python type of its values, `Literal`, or Any."""
    return dict if is_typeddict(member) else get_origin(member) or member


# ------------------------------------------------------------------ values


def taken(annotation: Any, value: Any, path: ValuePath, faults: list[TypeFault]) -> Any:
    """The value in its type (a whole number may stand for a float); what does not fit is added to the faults."""
    kind = _taken_apart(annotation)
    if value is None and kind.nullable:
        return None
    found: list[TypeFault] = []
    for member in kind.members:
        told: list[TypeFault] = []
        made = _member_taken(member, value, path, told)
        if not told:
            faults += [TypeFault(path, *wrong, value) for wrong in _beyond(kind.field, made)]
            return made
        found += told
    faults += found
    return value


def _member_taken(member: Any, value: Any, path: ValuePath, faults: list[TypeFault]) -> Any:
    base, arguments = _base(member), get_args(member)
    if base is Any:
        return value
    if base is Literal:
        if value not in arguments or not isinstance(value, str):
            choices = [repr(one) for one in arguments]
            words = " or ".join(part for part in (", ".join(choices[:-1]), choices[-1]) if part)
            faults.append(TypeFault(path, "literal_error", f"must be {words}", value))
        return value
    if not is_of(value, base):
        _, fault, words = _BASES[base]
        faults.append(TypeFault(path, fault, words, value))
        return value
    if base is list and arguments:
        return [taken(arguments[0], one, (*path, place), faults) for place, one in enumerate(value)]
    return object_taken(member, _fields_of(member), value, path, faults) if is_typeddict(member) else value


def object_taken(
    member: Any, fields: Mapping[str, Any], value: Mapping[str, Any], path: ValuePath, faults: list[TypeFault]
) -> dict[str, Any]:
    """An object with each of its keys taken. Where it is closed, or no type of its own (None), there are no other keys."""
    for name, kind in fields.items():
        if name not in value and _taken_apart(kind).required:
            faults.append(TypeFault((*path, name), "missing", "is required", value))
    unknown = [name for name in value if name not in fields] if member is None or hasattr(member, _CLOSED) else []
    made = {name: taken(fields.get(name, Any), one, (*path, name), faults) for name, one in value.items()}
    faults += [TypeFault((*path, name), "extra_forbidden", "is unknown", value[name]) for name in unknown]
    return made


def is_of(value: Any, base: type) -> bool:
    """Whether a value is of a type of JSON; a whole number is a float, too."""
    wanted = (int, float) if base is float else base
    return isinstance(value, wanted) and (base is bool or not isinstance(value, bool))


def _beyond(field: Constraints, value: Any) -> Iterator[tuple[str, str]]:
    """What a field's limits say against a value of its type."""
    number = isinstance(value, int | float)
    unit = "character" if isinstance(value, str) else "item"
    for name, _, fits, words in _NUMBER_LIMITS if number else _SIZE_LIMITS:
        limit = getattr(field, name)
        if limit is not None and not fits(value if number else len(value), limit):
            yield name, words.format(limit, unit + "s" * (limit != 1))
    if field.pattern is not None and not re.fullmatch(field.pattern, value):
        yield "pattern", f"must match pattern '{field.pattern}'"
