"""Is the client here, and can it read its own file?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from posthog_wizard.doctor.check import MEND, Check, Repair
from posthog_wizard.doctor.context import Context
from posthog_wizard.documents.text import BYTE_ORDER_MARK
from posthog_wizard.errors import ConfigError
from posthog_wizard.install.detect import looked_for
from posthog_wizard.model import Client, Found, Json
from posthog_wizard.plan.draft import Draft

_MARKS = {
    "refused": "it begins with a byte-order mark, which the client refuses: it then sees no server at all",
    "unknown": "it begins with a byte-order mark, and it is not known whether the client accepts that",
}


def detected(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client is on this machine."""
    check_id, places = f"client.{client.id}.detected", context.places(client)
    if places:
        title, several = f"{client.title} is installed", _packages(places[0])
        read = f"{title} {len(several)} times ({', '.join(several)}), and {places[0].path} is taken for its file"
        yield Check(check_id, "ok", read if len(several) > 1 else title, data={"evidence": list(places[0].evidence)})
    elif context.options.scope == "project" and not any(place.scope == "project" for place in client.places):
        yield Check(check_id, "skip", client.title, client.without_projects)
    else:
        cause = f"it was not found (looked for {looked_for(client, context.machine)})"
        fix = f"install it, or write its file anyway: `posthog-wizard mcp add {client.id} --force`"
        yield Check(
            check_id,
            "fail" if context.options.named else "skip",
            client.title,
            cause,
            fix if context.options.named else None,
        )


def _packages(found: Found) -> list[str]:
    """The folders that a `*` in the path of its file stands for."""
    starred = {
        path.rpartition("/")[0].split("*")[0].rpartition("/")[2]
        for paths in found.place.paths.values()
        for path in paths
        if "*" in path
    }
    return (
        [name for name in (Path(one).name for one in found.evidence) if name.startswith(tuple(starred))]
        if starred
        else []
    )


def config(context: Context, client: Client) -> Iterator[Check]:
    """Whether the client's own parser accepts each of its files."""
    for found in context.places(client):
        if found.content is None and found.problem is None:
            yield Check(_id(found), "skip", "configuration file", "there is none yet", data=_data(found))
        else:
            yield _read(found, context.problems.get(found.path))


def _read(found: Found, problem: ConfigError | None) -> Check:
    title = f"{found.client.title} can read {found.path}"
    if problem is not None:
        data = {**_data(found), "line": problem.line, "column": problem.column}
        return Check(
            _id(found),
            "fail",
            f"{found.client.title} cannot read its file",
            str(problem),
            _advice(found, problem),
            data=data,
        )
    if (found.content or b"").startswith(BYTE_ORDER_MARK) and found.client.byte_order_mark != "accepted":
        return _marked(found)
    warnings = Draft(found).warnings
    if warnings:
        return Check(
            _id(found),
            "warn",
            title,
            "; ".join(warnings),
            "take it out, if the client ignores the file",
            data=_data(found),
        )
    return Check(_id(found), "ok", title, data=_data(found))


def _marked(found: Found) -> Check:
    refused = found.client.byte_order_mark == "refused"
    return Check(
        _id(found),
        "fail" if refused else "warn",
        f"{found.client.title}: {found.path}",
        _MARKS[found.client.byte_order_mark],
        f"{MEND}, or save the file as UTF-8 without it",
        Repair(found, "take the byte-order mark away", Draft.drop_byte_order_mark),
        _data(found),
    )


def _advice(found: Found, problem: ConfigError) -> str:
    if problem.line is not None:
        again = f"`posthog-wizard mcp doctor {found.client.id}`"
        return f"fix line {problem.line}, column {problem.column} in an editor, then run {again} again"
    return problem.hint or f"look at `{found.path}`"


def _id(found: Found) -> str:
    return f"client.{found.client.id}.config"


def _data(found: Found) -> dict[str, Json]:
    return {"path": str(found.path), "scope": found.place.scope}
