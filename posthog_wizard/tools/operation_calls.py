"""A call of an operation of PostHog's API: what stands in its way, the request, and what a model sees of the answer.

The order is that of the doubts: is it this tool's, is it allowed here, is it in this place, is it well formed, does the
person agree. Nothing is sent before all are settled, but what says which project a number belongs to.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from posthog_wizard.api.client import filled
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Json
from posthog_wizard.openapi.effects import effect_of
from posthog_wizard.openapi.model import Index, Operation
from posthog_wizard.openapi.pins import NamedPlace, named_places, path_places
from posthog_wizard.openapi.validation import check
from posthog_wizard.printable import printable
from posthog_wizard.tokens import compact
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.picking import mask_secrets, masked_fields, picked
from posthog_wizard.tools.query_runs import finished_query, trimmed_response

_JSON = "application/json"
_TEMPLATE = re.compile(r"/api(?:/(?:[\w@-]+|\{[^\W\d]\w*\}))+/?")
_PARAMETER = re.compile(r"\{(\w+)\}")
_FOREIGN = re.compile(r"/(?:projects|environments|organizations)/[^/{]*[\d@]")  # a place that is not filled in
_NO_VALUE = re.compile(r"[/\\?#%\x00-\x20\x7f]")  # of one segment of a path; none of PostHog's identifiers has these
_OFFSET = re.compile(r"[0-9]{1,18}")
_LONGEST_QUESTION = 600  # characters of what is sent, shown to who is asked
_DELETION: dict[str, Json] = {"deleted": True}
_MARK = re.compile(r"deleted?|(?:delete|remove)_\w+")  # of a change that deletes


class _Request(NamedTuple):
    method: str
    path: str
    query: dict[str, Json]
    body: Json


async def perform(
    call: Call,
    index: Index,
    operation: Operation,
    given: Mapping[str, Json],
    body: Json,
    fields: Sequence[str],
    *,
    reading: bool,
) -> dict[str, Any]:
    """Call the operation with these parameters, and show these fields of its answer: rows as `results`, one thing as `result`.

    Raises:
        WrongUsage: it is not this tool's, is off, reaches elsewhere, is not called as its schema says, or the person
            said no; nothing was changed.
        ApiError: PostHog's refusal.
    """
    _check_tool(call, operation, reading=reading)
    _check_template(operation)
    call, parameters = await _placed(call, operation, given)
    for place in named_places(operation, parameters, body):
        await _check_pin(call, place)
    check(index, operation, parameters, body)
    if masked := masked_fields(body):
        raise WrongUsage(f"`{masked}` is masked, and would overwrite the secret", "leave it out to keep what is there")
    request = _request(call, index, operation, parameters, body)
    await _confirm(call, operation, request)
    answer = await call.send(request.method, request.path, request.query, request.body, reading=reading)
    if request.method == "POST" and request.path.endswith("/query/") and isinstance(answer, dict):
        finished = await finished_query(call, answer)
        answer = trimmed_response(finished) if "query_status" in answer and "results" in finished else finished
    whole = operation.path.endswith("/remote_config/")  # a flag's payload, decrypted
    shown = picked(mask_secrets(answer, everything=whole), fields)
    # What the answer is about is named first, and by nobody else.
    where: dict[str, Any] = {} if operation.within == "account" else {operation.within: getattr(call, operation.within)}
    return {**where, **_shown(shown, parameters), **where} | ({} if reading else {"done": operation.id})


def _check_tool(call: Call, operation: Operation, *, reading: bool) -> None:
    row = effect_of(operation)
    if (row.effect == "reads") is not reading:
        does, right = ("may write", "api-write") if reading else ("reads", "api-read")
        raise WrongUsage(f"`{operation.id}` {does}", f"call it with `{right}`")
    if row.effect == "dangerous" and not call.workspace.allow_dangerous:
        raise WrongUsage(
            f"`{operation.id}` is off: {row.why}",
            "the person can do it in PostHog, or start the server with `--allow-dangerous`",
        )
    if operation.body is not None and operation.media != _JSON:
        raise WrongUsage(f"`{operation.id}` takes a file", "upload it in PostHog")


def _check_template(operation: Operation) -> None:
    """A path is the instance's word: it must be one of the API, with no place of its own in it."""
    told = {operation.filled, *(one.name for one in operation.parameters if one.place == "path")}
    unknown = set(_PARAMETER.findall(operation.path)) - told
    if unknown or not _TEMPLATE.fullmatch(operation.path) or _FOREIGN.search(operation.path):
        raise WrongUsage(f"the path of `{operation.id}` is none of the API", "choose another operation")


async def _placed(call: Call, operation: Operation, given: Mapping[str, Json]) -> tuple[Call, dict[str, Json]]:
    """The call where it belongs, and the parameters with that place filled in."""
    parameters, workspace = dict(given), call.workspace
    texts = [one.name for one in operation.parameters if one.place == "path" and one.schema.get("type") == "string"]
    if operation.within == "project":
        said = parameters.pop("project_id", parameters.pop("environment_id", None))
        call = replace(call, project=await workspace.project())
        if said is not None and str(said) != str(call.project):
            await _check_pin(call, NamedPlace("project", str(said), "project_id"))
            call = replace(call, project=_number(said))
    if operation.within == "organization":
        said = parameters.pop("organization_id", None) or await workspace.organization()
        await _check_pin(call, NamedPlace("organization", str(said), "organization_id"))
        call = replace(call, organization=str(said))
    for name, kind in path_places(operation).items():
        if name != operation.filled and name not in parameters:
            parameters[name] = str(await (workspace.project() if kind == "project" else workspace.organization()))
    numbers = [name for name in texts if type(parameters.get(name)) is int]  # and no truth value
    return call, parameters | {name: str(parameters[name]) for name in numbers}


async def _check_pin(call: Call, place: NamedPlace) -> None:
    """Raise WrongUsage for a place that this server is not pinned to."""
    limits = call.workspace.limits
    if not (limits.project or limits.organization):
        return
    try:
        await _allow(call, place)
    except WrongUsage as problem:
        raise WrongUsage(f"`{place.field[:100]}`: {problem.message}", f"leave `{place.field[:100]}` out") from problem


async def _allow(call: Call, place: NamedPlace) -> None:
    if place.kind == "project":
        await call.workspace.allow_project(_number(place.value))
        return
    home = await call.workspace.organization()
    if place.value.lower() != home.lower():
        raise WrongUsage(f"this server is pinned to organization {home}")


def _number(value: Json) -> int:
    """A project's number as PostHog writes it: other spellings might mean another project to it than to us."""
    if not re.fullmatch(r"[1-9][0-9]{0,17}", str(value)):
        raise WrongUsage(f"`{str(value)[:100]}` is no project's number", "take it from the address /project/NUMBER")
    return int(str(value))


def _request(call: Call, index: Index, operation: Operation, parameters: dict[str, Json], body: Json) -> _Request:
    names = [one.name for one in operation.parameters if one.place == "path"]
    segments = {name: _segment(index, operation, name, parameters[name]) for name in names}
    places: dict[str, int | str] = {}
    if operation.filled:
        places[operation.filled] = call.project if operation.within == "project" else call.organization
    path = filled(operation.path, **places, **segments)
    coded = {one.name for one in operation.parameters if "JSON" in one.text}
    query = {name: _query(value, name in coded) for name, value in parameters.items() if name not in names}
    if operation.deletes_by_patch:
        return _Request("PATCH", path, query, _DELETION)
    return _Request(operation.method, path, query, body if body is not None or operation.body is None else {})


def _segment(index: Index, operation: Operation, name: str, value: Json) -> str:
    """An identifier as one segment of the path: it is a value, and never leads elsewhere."""
    text = str(value)
    if isinstance(value, dict | list | bool) or value is None or _NO_VALUE.search(text) or text.strip(".") == "":
        raise WrongUsage(
            f"`{name}` must be one identifier", "give the id alone, as `api-read` showed it; no path and no address"
        )
    # A word of the API would call another operation: `integrations/authorize`. Django knows `authorize.json`, too.
    called = _PARAMETER.sub("*", operation.path.partition(f"{{{name}}}")[0]) + text.partition(".")[0] + "/"
    if any(_PARAMETER.sub("*", one.path).startswith(called) for one in index.operations.values()):
        raise WrongUsage(f"`{name}` is no identifier, but part of another operation", "call that one by its id")
    return text


def _query(value: Json, coded: bool) -> Json:
    """A query parameter as PostHog reads it: a list of plain values with commas, what is deeper or said to be JSON as that."""
    if not isinstance(value, dict | list):
        return value
    deep = isinstance(value, dict) or any(isinstance(one, dict | list) for one in value)
    return compact(value) if deep or coded else ",".join(map(str, value))


async def _confirm(call: Call, operation: Operation, request: _Request) -> None:
    """Ask the person about what deletes, or cannot be undone."""
    deletes = operation.method == "DELETE" or _deletes(request.body)
    if operation.reads or (not deletes and effect_of(operation).effect not in {"asks", "dangerous"}):
        return
    sent = "".join(f" {compact(_shortest_first(part))}" for part in (request.query, request.body) if part)
    why = "This deletes" if deletes else "This cannot be taken back"
    what = printable(f"{request.method} {request.path}{sent}")
    if len(what) > _LONGEST_QUESTION:  # the sum makes it a question about all that is sent
        check = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:16]
        what = f"{what[:_LONGEST_QUESTION]}… ({len(what)} characters in all, checksum {check})"
    await call.confirm(f"{why}, at {call.base}: {what}. Go on?")


def _deletes(node: Json) -> bool:
    """Whether a body marks something as deleted: of a dashboard its tile, too."""
    if isinstance(node, list):
        return any(map(_deletes, node))
    return isinstance(node, dict) and any(
        (bool(_MARK.fullmatch(name)) and value not in (None, False)) or _deletes(value) for name, value in node.items()
    )


def _shortest_first(part: Json) -> Json:
    """A long text in front would hide where something is sent."""
    return dict(sorted(part.items(), key=lambda one: len(compact(one[1])))) if isinstance(part, dict) else part


def _shown(answer: Json, asked: Mapping[str, Json]) -> dict[str, Any]:
    """Rows as `results` with the way to the next ones; anything else as `result`."""
    if isinstance(answer, list):
        return {"results": answer}
    if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
        return {} if answer is None else {"result": answer}
    rest = {name: value for name, value in answer.items() if name not in {"next", "previous", "offset", "results"}}
    paging = _paging(answer["next"], asked, len(answer["results"])) if "next" in answer else {}
    return rest | paging | {"results": answer["results"]}


def _paging(link: Json, asked: Mapping[str, Json], rows: int) -> dict[str, Any]:
    """Where the page begins and the next one does, or the parameters of the next one; its link is not followed."""
    query = dict(parse_qsl(link.partition("?")[2].partition("#")[0])) if isinstance(link, str) else {}
    offset = str(asked.get("offset", 0))
    if not query.keys() - asked.keys() - {"limit", "offset"} and _OFFSET.fullmatch(offset):
        return {"offset": int(offset)} | ({"next_offset": int(offset) + rows} if query else {})
    return {"next": {name: value for name, value in query.items() if str(asked.get(name)) != value}}
