"""The operations of one PostHog, as frozen values.

Schemas are JSON Schema (https://json-schema.org/draft/2020-12) with `$ref` to `#/components/schemas/NAME`; texts in them are
an instance's own, so they are data and never instructions. What we say of an operation in our words is its summary.
"""

import difflib
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, NamedTuple

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import NOTHING, Json

INTERNAL = "INTERNAL"  # the scope that PostHog gives to no key
SCHEMA_REFERENCE = "#/components/schemas/"
_PLACE = re.compile(r"/api/(?:projects|environments|organizations)/\{(?P<name>\w+_id)\}/")
_LONGEST_ID = 100  # characters of one in a message


class Parameter(NamedTuple):
    """What goes into the path or the query."""

    name: str
    place: Literal["path", "query"]
    required: bool
    schema: Mapping[str, Json]
    text: str = ""  # the instance's words


class Operation(NamedTuple):
    """One thing that the API does. `parameters` are without the project or organization, which `filled` names.

    A caller gives `{"parameters": {name: value}, "body": {...}}`: no name stands in both path and query.
    """

    id: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str  # a template: /api/projects/{project_id}/cohorts/{id}/
    summary: str = ""  # our words
    parameters: tuple[Parameter, ...] = ()
    body: Mapping[str, Json] | None = None
    media: str = "application/json"  # of the body
    answers: tuple[str, ...] = ("application/json",)  # the media types of an answer
    scopes: tuple[str, ...] = ()  # all of them are needed
    reads: bool = False  # it changes nothing: by an allow-list, see `effects`
    deletes_by_patch: bool = False  # a DELETE that PostHog refuses: PATCH `{"deleted": true}` is meant
    plain: bool = True  # it lists, makes, gets, changes or deletes; else it is a custom action
    inherits: bool = False  # a custom action whose body is its parent's: nothing of it is demanded
    deprecated: bool = False
    twins: tuple[str, ...] = ()  # ids of the same thing at another path, or by PUT
    text: str = ""  # the instance's words

    @property
    def filled(self) -> str | None:
        """The name in the path that we fill in: the project's or the organization's."""
        found = _PLACE.match(self.path)
        return found["name"] if found else None

    @property
    def within(self) -> Literal["project", "organization", "account"]:
        """What must be known before it can be called."""
        return "account" if not self.filled else "organization" if "organization" in self.filled else "project"

    @property
    def collection(self) -> str:
        """The path behind project or organization."""
        return _PLACE.sub("", self.path).removeprefix("/api/")


class Origin(NamedTuple):
    """Where an index is from: `host` None for the one in the package."""

    host: str | None
    made: str  # YYYY-MM-DD
    title: str  # the schema's own
    refusal: str = ""  # why the packaged index stands in for that of an instance


class Index:
    """Every operation of one PostHog. Nothing in it is changed after it was made."""

    def __init__(self, operations: Mapping[str, Operation], schemas: Mapping[str, Json], origin: Origin) -> None:
        self.operations, self.schemas, self.origin = operations, schemas, origin

    def get(self, name: str) -> Operation:
        """The operation of that id, or the one that stands for it. Raises WrongUsage with those that may be meant."""
        found = self.operations.get(name) or self.operations.get(self._twins.get(name, ""))
        if found is None:
            close = difflib.get_close_matches(name[:_LONGEST_ID], self.operations, n=2)
            meant = f"did you mean {' or '.join(f'`{one}`' for one in close)}? " if close else ""
            raise WrongUsage(f"there is no operation `{name[:_LONGEST_ID]}`", f"{meant}`api-search` finds operations")
        return found

    def resolve(self, schema: Mapping[str, Json]) -> Mapping[str, Json]:
        """The schema itself in the place of a reference to it; as `resolved`."""
        return resolved(schema, self.schemas)

    @cached_property
    def _twins(self) -> Mapping[str, str]:
        return {twin: one.id for one in self.operations.values() for twin in one.twins}


def resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a reference leads to in the end; an empty schema where it leads nowhere, or to itself."""
    seen = set[str]()
    while isinstance(name := schema.get("$ref"), str):
        if name in seen:
            return NOTHING
        seen.add(name)
        schema = schemas.get(name.removeprefix(SCHEMA_REFERENCE), NOTHING)
    return schema
