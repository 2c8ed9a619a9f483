"""The MCP servers that are installed in a project, with the ways of PostHog's real API that its documentation lacks.

The collection takes no POST, installing answers 200 or 201, authorize redirects, PATCH takes three fields, the proxy
says no in a shape of its own. As in `products/mcp_store/backend` of PostHog. Nobody signs in here: SIGN_IN after
somebody asked where to, it counts as done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from posthog_wizard.api.hosts import is_loopback
from posthog_wizard.api.installation_urls import LONGEST, blocked
from posthog_wizard.sandbox.collection import dated
from posthog_wizard.sandbox.fields import Check, boolean, checked, choice, text
from posthog_wizard.sandbox.installed import KIND
from posthog_wizard.sandbox.pages import found, page
from posthog_wizard.sandbox.proxy import forwarded
from posthog_wizard.sandbox.refusals import invalid, not_found
from posthog_wizard.sandbox.routes import PAGED, Route, Visit, written
from posthog_wizard.sandbox.store import Row
from posthog_wizard.sandbox.wire import Reply, reply

SIGN_IN = timedelta(seconds=3)
SIGN_IN_PAGE = "https://sandbox.invalid/oauth/authorize"
CALLBACKS = ("array://", "posthog-code://")
CHANGED: Mapping[str, Check] = {"display_name": text(200), "description": text(), "is_enabled": boolean}
CUSTOM: Mapping[str, Check] = {
    "name": text(200, blank=False),
    "url": text(LONGEST, blank=False),
    "auth_type": choice("api_key", "oauth"),
    "api_key": text(),
    "description": text(),
    "install_source": choice("posthog", "posthog-code"),
    "posthog_code_callback_url": text(),
}
SHOWN = (
    "id", "server_id", "name", "display_name", "url", "description", "auth_type", "is_enabled", "needs_reauth",
    "pending_oauth", "proxy_url", "created_at", "updated_at",
)  # fmt: skip


def _list(visit: Visit) -> Reply:
    rows = [dated(row, visit.now) for row in visit.store.rows(KIND, visit.project)]
    newest = sorted(rows, key=lambda row: str(row["created_at"]), reverse=True)
    return page(visit, [_shown(visit, row) for row in newest])


def _get(visit: Visit) -> Reply:
    return reply(_shown(visit, _row(visit)))


def _no_post(_visit: Visit) -> Reply:
    return Reply(405, {}, b"")


def _change(visit: Visit) -> Reply:
    sent = checked(visit.fields, CHANGED, partial=True)
    with visit.store.changing():
        return reply(_shown(visit, _kept(visit, _row(visit) | sent)))


def _delete(visit: Visit) -> Reply:
    with visit.store.changing():
        visit.store.remove(KIND, _row(visit)["id"], visit.project)
    return reply(status=204)


def _install(visit: Visit) -> Reply:
    sent = checked(visit.fields, CUSTOM, ("name", "url", "auth_type"), partial=False)
    _check_url(sent["url"])
    with visit.store.changing():
        before = next((row for row in visit.store.rows(KIND, visit.project) if row["url"] == sent["url"]), None)
        if sent["auth_type"] == "oauth":
            row = _kept(visit, _begun(visit, before or _new(visit, sent), again=before is not None))
            return reply({"redirect_url": _page(row)})
        if before is not None:
            raise invalid(None, "This server URL is already installed.")
        if not sent.get("api_key"):
            raise invalid(None, "api_key is required")
        return reply(_shown(visit, _kept(visit, _new(visit, sent))), 201)


def _authorize(visit: Visit) -> Reply:
    asked = visit.request.query
    with visit.store.changing():
        row = _kept(visit, _begun(visit, _meant(visit, asked), again=True))
    if asked.get("install_source") != "posthog-code":
        return Reply(302, {"Location": _page(row)}, b"")
    if not asked.get("posthog_code_callback_url", "").startswith(CALLBACKS):
        raise invalid(None, "Invalid callback URL")
    return reply({"redirect_url": _page(row)})


def _proxy(visit: Visit) -> Reply:
    row = _now(visit, _row(visit))
    refusals = (
        (not row["is_enabled"], 403, "Server is disabled"),
        (row["needs_reauth"], 401, "Installation needs re-authentication"),
        (row["pending_oauth"], 401, "No credentials configured"),
    )
    refusal = next(((status, said) for applies, status, said in refusals if applies), None)
    return reply({"error": refusal[1]}, refusal[0]) if refusal else forwarded(visit.request, row["url"], row["secret"])


# ------------------------------------------------------------------ rows


def _row(visit: Visit) -> Row:
    kept: Row = found(visit.store.row(KIND, visit["id"], visit.project))
    return kept


def _kept(visit: Visit, row: Row) -> Row:
    made = row | {"updated_at": visit.time}
    visit.store.save(KIND, made, visit.project)
    return made


def _new(visit: Visit, sent: Mapping[str, Any]) -> Row:
    return {
        "id": str(uuid4()),
        "server_id": str(uuid4()),
        "display_name": sent["name"],
        "url": sent["url"],
        "description": sent.get("description", ""),
        "auth_type": sent["auth_type"],
        "is_enabled": True,
        "needs_reauth": False,
        "pending_oauth": sent["auth_type"] == "oauth",
        "created_at": visit.time,
        "signed_in_at": None,
        "secret": sent.get("api_key"),
    }


def _begun(visit: Visit, row: Row, *, again: bool) -> Row:
    """Signing in has begun; what somebody signed in with before is gone."""
    return row | {"needs_reauth": again, "pending_oauth": True, "signed_in_at": written(visit.now + SIGN_IN)}


def _now(visit: Visit, row: Row) -> Row:
    """The row as it stands at this moment."""
    signed_in = row["signed_in_at"] is not None and datetime.fromisoformat(row["signed_in_at"]) <= visit.now
    return row | {"needs_reauth": False, "pending_oauth": False} if signed_in else row


def _shown(visit: Visit, row: Row) -> dict[str, Any]:
    path = f"/api/environments/{visit.project}/mcp_server_installations/{row['id']}/proxy/"
    known = _now(visit, dated(row, visit.now)) | {
        "proxy_url": f"{visit.request.origin}{path}",
        "name": row["display_name"],
    }
    return {name: known[name] for name in SHOWN}


def _meant(visit: Visit, asked: Mapping[str, str]) -> Row:
    """The installation of `server_id`, or of `installation_id` as later servers call it. Raises Refusal."""
    names = [
        (name, asked[key]) for key, name in (("server_id", "server_id"), ("installation_id", "id")) if key in asked
    ]
    if len(names) != 1:
        raise invalid(None, "Exactly one of server_id and installation_id is required")
    (name, value), *_ = names
    rows = visit.store.rows(KIND, visit.project)
    row = next((row for row in rows if row[name] == value and row["auth_type"] == "oauth"), None)
    if row is None:
        raise not_found("Installation not found" if name == "id" else "Server not found")
    return row


def _page(row: Row) -> str:
    return f"{SIGN_IN_PAGE}?{urlencode({'response_type': 'code', 'state': row['id']})}"


def _check_url(url: str) -> None:
    """As a PostHog for development does, which lets one connect to this computer."""
    reason = blocked(url)
    if reason is not None and not is_loopback(urlsplit(url).hostname or ""):
        raise invalid("url", f"URL not allowed: {reason}")


SEVERAL = f"/api/projects/{{project_id}}/{KIND}/"
ONE = f"{SEVERAL}{{id}}/"
AUTHORIZED_BY = frozenset({"server_id", "installation_id", "install_source", "posthog_code_callback_url"})
ROUTES: tuple[Route, ...] = (
    Route("GET", SEVERAL, "project:read", _list, PAGED),
    Route("POST", SEVERAL, None, _no_post, fields=None),
    Route("GET", f"{SEVERAL}authorize/", "project:read", _authorize, AUTHORIZED_BY),
    Route("POST", f"{SEVERAL}install_custom/", "project:read", _install, fields=frozenset(CUSTOM)),
    Route("GET", ONE, "project:read", _get),
    Route("PATCH", ONE, "project:read", _change, fields=frozenset(CHANGED)),
    Route("DELETE", ONE, "project:read", _delete),
    Route("POST", f"{ONE}proxy/", "project:read", _proxy, fields=None),
)
