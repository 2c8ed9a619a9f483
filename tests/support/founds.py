"""Places of clients with a text in them, without any file, and plans for one of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from posthog_wizard.clients import CLIENTS
from posthog_wizard.documents import jsonc
from posthog_wizard.documents.formats import FORMATS
from posthog_wizard.model import RELAXED, DesiredServer, Dialect, Found, Json, OutcomeKind, Plan, Step
from posthog_wizard.plan import PlanOptions, plan_add, plan_remove
from posthog_wizard.plan.draft import Draft
from tests.support.golden import WISHES

PATH = Path("/home/max/config.json")
ALONE = PlanOptions()
INLINE = WISHES["hosted-inline"]
PROMPT = WISHES["hosted-prompt"]
_WAYS = {  # places that differ in where they are alone are one
    str((client.id, place._replace(paths={}, directories={}, merged=False, scope="user"))): (client.id, index)
    for client in CLIENTS.values()
    for index, place in reversed([*enumerate(client.places)])
}
EVERY = [*_WAYS.values()]
PLACES = [  # whose entries stand right below one key of JSON; `tests/clients/test_rows.py` has the laws of all
    (client, index)
    for client, index in EVERY
    if CLIENTS[client].places[index].format == "json" and len(CLIENTS[client].places[index].container) == 1
]
SIX = [(client, index) for client, index in PLACES if index == 0]
STRICT_PLACES = [(c, i) for c, i in PLACES if not CLIENTS[c].places[i].dialect.comments]


def found(client: str, text: str | bytes | None, place: int = 0) -> Found:
    """The client's place with that text in its file; None: there is none. `BOX` stands for its container's key."""
    row = CLIENTS[client]._replace(byte_order_mark="unknown")  # that some refuse one is a law of its own: test_rows
    data = text.encode() if isinstance(text, str) else text
    box = row.places[place].container[0].encode()
    return Found(row, row.places[place], PATH, data and data.replace(b"BOX", box), ("here",))


def add(
    client: str, text: str | bytes | None, desired: DesiredServer = INLINE, options: PlanOptions = ALONE, place: int = 0
) -> Plan:
    """The plan that adds the wish there."""
    return plan_add([found(client, text, place)], desired, options)


def remove(client: str, text: str | bytes | None, options: PlanOptions = ALONE, place: int = 0) -> Plan:
    """The plan that removes `posthog` there."""
    return plan_remove([found(client, text, place)], "posthog", options)


def step(plan: Plan) -> Step:
    """The one step of a plan in which nothing is settled."""
    (only,) = plan.steps
    assert plan.resolved == ()
    return only


def after(plan: Plan) -> bytes:
    """What the one file holds after it."""
    return step(plan).change.after or b""


def outcome(plan: Plan) -> tuple[OutcomeKind, str | None]:
    """The one outcome and its reason, whether it is settled or to come."""
    (only,) = (
        *((one.outcome, one.reason) for one in plan.steps),
        *((one.outcome, one.reason) for one in plan.resolved),
    )
    return only


def data(text: bytes, dialect: Dialect = RELAXED) -> Json:
    """What a text says."""
    return jsonc.parse(text, dialect).get(())


def text_of(client: str, entries: Mapping[str, Json], place: int = 0, **more: Json) -> bytes:
    """A file with these entries."""
    row = CLIENTS[client].places[place]
    if row.format == "json" and len(row.container) == 1:
        return json.dumps({**more, row.container[0]: entries}, indent=2).encode()
    listed = [{row.item: name, **entry} for name, entry in entries.items()]
    return FORMATS[row.format].parse(None, row.dialect).put(row.container, listed if row.item else entries)


def entries(client: str, text: bytes, place: int = 0) -> dict[str, Json]:
    """The entries of a file."""
    row = CLIENTS[client].places[place]
    return {**Draft(Found(CLIENTS[client], row, PATH, text, ())).entries()}
