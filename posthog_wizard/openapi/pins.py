"""Where a request names a project or an organization: by its path, and by fields of its query and body. Pure.

Whatever the schema says of a field: `surveys/{id}/duplicate_to_projects` does not describe its `target_team_ids`.
"""

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

from posthog_wizard.model import Json, Limits
from posthog_wizard.openapi.model import Operation

_PlaceKind = Literal["project", "organization"]
_KINDS: dict[str, _PlaceKind] = {"team": "project", "project": "project", "environment": "project", "env": "project"}
_KINDS |= {"organization": "organization", "organisation": "organization", "org": "organization"}
# Words of a field's name that tell where, and what may follow them when it is one that names it.
_FIELD = re.compile(
    r"(?:^|_)(?P<kind>team|project|environment|env|organi[sz]ation|org)s?(?:_(?:id|uuid|pk|number|api_token|api_key|access))?s?$"
)
_SEGMENT = re.compile(r"/(?P<kind>project|environment|organization)s/\{(?P<name>\w+)\}(?=/|$)")
# By these of a query, and by `project_api_key` of a body, PostHog's views are in that token's project, whatever the path
# says: `_get_team_from_request` in https://github.com/PostHog/posthog/blob/master/posthog/api/routing.py
_TOKENS = ("token", "api_key")
_ROLES = frozenset({"role_at_organization"})  # what somebody is there
_OWN_NAMES = frozenset({"id", "ids", "pk", "uuid", "value", "in", "set"})
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SAYS_SO = re.compile(r"_(?:id|uuid|pk|number|token|key)s?$|^(?:target|set|current)_")
# What Django takes for a number (` 3`, `+3`, `3.0`, other scripts' digits), a UUID in all its spellings, a project's token.
_IDENTIFIER = re.compile(
    r"[^\W\d_]*\W*@.*|[\W\d_]+|.*[0-9a-f]{8}-?[0-9a-f]{4}.*|.*\bph[a-z]_\w+.*", re.IGNORECASE | re.DOTALL
)


class NamedPlace(NamedTuple):
    """A project or an organization that a request names. `field` is where: `body.target_team_ids.0`."""

    kind: _PlaceKind
    value: str
    field: str


def path_places(operation: Operation) -> dict[str, _PlaceKind]:
    """The parameters of the path that name one: a bare `{id}` behind `projects/` does."""
    found = _SEGMENT.finditer(operation.path)
    return {one["name"]: _KINDS[one["kind"]] for one in found}


def beyond(operation: Operation, limits: Limits) -> str:
    """Why an operation reaches further than the server is pinned to; empty where it does not."""
    kinds = {*path_places(operation).values()}
    if limits.project and "project" not in kinds:
        return f"it reaches beyond project {limits.project}, and the server is pinned to that"
    if limits.organization and not kinds:
        return f"it reaches beyond organization {limits.organization}, and the server is pinned to that"
    return ""


def field_kind(name: str) -> _PlaceKind | None:
    """Whether the field of that name names a project or an organization."""
    plain = snake_case(name)
    found = None if plain in _ROLES else _FIELD.search(plain)
    return _KINDS[found["kind"].replace("organisation", "organization")] if found else None


def named_places(operation: Operation, parameters: dict[str, Json], body: Json) -> Iterator[NamedPlace]:
    """Every project and organization that a request names."""
    for name, kind in path_places(operation).items():
        if name in parameters:
            yield NamedPlace(kind, str(parameters[name]), name)
    yield from (NamedPlace("project", str(parameters[name]), name) for name in _TOKENS if name in parameters)
    yield from _within({name: value for name, value in parameters.items() if name not in path_places(operation)}, "")
    yield from _within(body, "body")


def _within(node: Json, path: str, kind: _PlaceKind | None = None) -> Iterator[NamedPlace]:
    """`kind` is what the nearest field names, for the identifiers in it: `{"id": 1, "level": "admin"}` too."""
    if isinstance(node, list):
        for number, one in enumerate(node):
            yield from _within(one, f"{path}.{number}", kind)
    elif isinstance(node, dict):
        for name, one in node.items():
            own = field_kind(str(name)) or (kind if name in _OWN_NAMES or str(name).isdigit() else None)
            if kind and str(name).isdigit():
                yield NamedPlace(kind, str(name), path)
            yield from _within(one, f"{path}.{name}".lstrip("."), own)
    elif kind and _is_identifier(path, node):
        yield NamedPlace(kind, str(node), path)


def _is_identifier(path: str, value: Json) -> bool:
    """A word such as `production` in a field that says `environment` is no identifier."""
    if isinstance(value, bool) or value in (None, ""):
        return False
    names = [snake_case(name) for name in path.split(".") if not name.isdigit()]
    return bool(names and _SAYS_SO.search(names[-1])) or bool(_IDENTIFIER.fullmatch(str(value)))


def snake_case(name: str) -> str:
    """A name in small letters with underscores."""
    return _HUMP.sub("_", name).replace("-", "_").lower()
