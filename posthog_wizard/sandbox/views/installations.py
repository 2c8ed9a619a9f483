"""The MCP servers that are installed in a project, with the ways of PostHog's real API that its documentation lacks.

The collection takes no POST, installing answers 200 or 201, authorize redirects, PATCH takes three fields, the proxy
says no in a shape of its own. As in `products/mcp_store/backend` of PostHog. Nobody signs in here: _SIGN_IN after
somebody asked where to, it counts as done. The sandbox has no network: its proxy forwards to servers on this computer
alone.
"""

import http.client
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from posthog_wizard.api.installation_urls import MAX_URL_LENGTH, blocked
from posthog_wizard.net.addresses import is_loopback
from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import dated
from posthog_wizard.sandbox.api.http_messages import JSON_TYPE, HttpReply, HttpRequest, invalid, not_found, reply
from posthog_wizard.sandbox.api.routes import PAGED, RequestContext, Route, iso_moment, url_parts
from posthog_wizard.sandbox.row_store import Row

KIND = "mcp_server_installations"
_SIGN_IN = timedelta(seconds=3)
_LARGEST = 1024 * 1024  # bytes of a message to the proxy
_TIMEOUT = 180.0  # seconds that the server behind it has
_UNAUTHORIZED = 401
_PASSED_ON = ("accept", "mcp-protocol-version")  # no session: each message stands for itself
_CALLBACKS = ("array://", "posthog-code://")
_CHANGED: Mapping[str, fields.FieldCheck] = {
    "display_name": fields.text(200),
    "description": fields.text(),
    "is_enabled": fields.boolean,
}
_CUSTOM: Mapping[str, fields.FieldCheck] = {
    "name": fields.text(200, blank=False),
    "url": fields.text(MAX_URL_LENGTH, blank=False),
    "auth_type": fields.one_of("api_key", "oauth"),
    "api_key": fields.text(),
    "description": fields.text(),
    "install_source": fields.one_of("posthog", "posthog-code"),
    "posthog_code_callback_url": fields.text(),
}
_SHOWN = (
    "id", "server_id", "name", "display_name", "url", "description", "auth_type", "is_enabled", "needs_reauth",
    "pending_oauth", "proxy_url", "created_at", "updated_at",
)  # fmt: skip


def _list(context: RequestContext) -> HttpReply:
    rows = [dated(row, context.now) for row in context.rows(KIND)]
    newest = sorted(rows, key=lambda row: str(row["created_at"]), reverse=True)
    return context.page([_shown(context, row) for row in newest])


def _change(context: RequestContext) -> HttpReply:
    sent = fields.check_fields(context.fields, _CHANGED)
    with context.store.changing():
        return reply(_shown(context, _kept(context, context.row(KIND, context["id"]) | sent)))


def _delete(context: RequestContext) -> HttpReply:
    with context.store.changing():
        context.store.remove(KIND, context.row(KIND, context["id"])["id"], context.project)
    return reply(status=204)


def _install(context: RequestContext) -> HttpReply:
    sent = fields.check_fields(context.fields, _CUSTOM, ("name", "url", "auth_type"))
    is_here = is_loopback(url_parts(sent["url"]).hostname or "")
    reason = None if is_here else blocked(sent["url"])  # as a PostHog for development does
    if reason is not None:
        raise invalid("url", f"URL not allowed: {reason}", "invalid_input")
    with context.store.changing():
        before = next((row for row in context.rows(KIND) if row["url"] == sent["url"]), None)
        if sent["auth_type"] == "oauth":
            row = _kept(context, _begun(context, before or _new(context, sent), again=before is not None))
            return reply({"redirect_url": _page(row)})
        if before is not None:
            raise invalid(None, "This server URL is already installed.", "invalid_input")
        if not sent.get("api_key"):
            raise invalid(None, "api_key is required", "invalid_input")
        return reply(_shown(context, _kept(context, _new(context, sent))), 201)


def _authorize(context: RequestContext) -> HttpReply:
    asked = context.request.query
    names = [(key.replace("installation_", ""), asked[key]) for key in ("server_id", "installation_id") if key in asked]
    if len(names) != 1:
        raise invalid(None, "Exactly one of server_id and installation_id is required", "invalid_input")
    ((name, value),) = names
    with context.store.changing():
        rows = context.rows(KIND)
        meant = next((row for row in rows if row[name] == value and row["auth_type"] == "oauth"), None)
        if meant is None:
            raise not_found("Installation not found" if name == "id" else "Server not found")
        row = _kept(context, _begun(context, meant, again=True))
    if asked.get("install_source") != "posthog-code":
        return HttpReply(302, {"Location": _page(row)}, b"")
    if not asked.get("posthog_code_callback_url", "").startswith(_CALLBACKS):
        raise invalid(None, "Invalid callback URL", "invalid_input")
    return reply({"redirect_url": _page(row)})


def _kept(context: RequestContext, row: Row) -> Row:
    made = row | {"updated_at": context.time}
    context.store.save(KIND, made, context.project)
    return made


def _new(context: RequestContext, sent: Mapping[str, Any]) -> Row:
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
        "created_at": context.time,
        "signed_in_at": None,
        "secret": sent.get("api_key"),
    }


def _begun(context: RequestContext, row: Row, *, again: bool) -> Row:
    """Signing in has begun; what somebody signed in with before is gone."""
    return row | {"needs_reauth": again, "pending_oauth": True, "signed_in_at": iso_moment(context.now + _SIGN_IN)}


def _now(context: RequestContext, row: Row) -> Row:
    """The row as it stands at this moment."""
    signed_in = row["signed_in_at"] is not None and datetime.fromisoformat(row["signed_in_at"]) <= context.now
    return row | {"needs_reauth": False, "pending_oauth": False} if signed_in else row


def _shown(context: RequestContext, row: Row) -> dict[str, Any]:
    path = f"/api/environments/{context.project}/mcp_server_installations/{row['id']}/proxy/"
    known = _now(context, dated(row, context.now)) | {
        "proxy_url": f"{context.request.origin}{path}",
        "name": row["display_name"],
    }
    return {name: known[name] for name in _SHOWN}


def _page(row: Row) -> str:
    return f"https://sandbox.invalid/oauth/authorize?{urlencode({'response_type': 'code', 'state': row['id']})}"


# ------------------------------------------------------------------ the proxy before an installed server


def _proxy(context: RequestContext) -> HttpReply:
    """What the server answers to this message; its status and its content as they are."""
    row, request = _now(context, context.row(KIND, context["id"])), context.request
    parts = url_parts(row["url"])
    is_here = parts.scheme == "http" and is_loopback(parts.hostname or "")
    refusals = (
        (not row["is_enabled"], 403, "Server is disabled"),
        (row["needs_reauth"], _UNAUTHORIZED, "Installation needs re-authentication"),
        (row["pending_oauth"], _UNAUTHORIZED, "No credentials configured"),
        (len(request.body) > _LARGEST, 413, "Request body too large"),
        (not _is_message(request.body), 400, "Invalid JSON"),
        (not is_here, 502, "Upstream MCP server unreachable (the sandbox reaches this computer only)"),
    )
    refusal = next((reply({"error": said}, status) for applies, status, said in refusals if applies), None)
    return _forwarded(request, row["url"], row["secret"]) if refusal is None else refusal


def _forwarded(request: HttpRequest, url: str, secret: str | None) -> HttpReply:
    parts = urlsplit(url)
    headers = {"Content-Type": JSON_TYPE} | {
        name: request.headers[name] for name in _PASSED_ON if name in request.headers
    }
    headers |= {"Authorization": f"Bearer {secret}"} if secret else {}
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT)
    try:
        connection.request("POST", target, request.body, headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException):
        return reply({"error": "Upstream MCP server unreachable"}, 502)
    finally:
        connection.close()
    if response.status == _UNAUTHORIZED:
        return reply({"error": "Authentication failed"}, _UNAUTHORIZED)
    return HttpReply(response.status, {"Content-Type": response.headers.get("Content-Type", JSON_TYPE)}, content)


def _is_message(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False


_SEVERAL = f"{KIND}/"
_ONE = f"{_SEVERAL}{{id}}/"
_AUTHORIZED_BY = frozenset({"server_id", "installation_id", "install_source", "posthog_code_callback_url"})
ROUTES: tuple[Route, ...] = (
    Route("GET", _SEVERAL, "project:read", _list, PAGED),
    Route("POST", _SEVERAL, None, lambda _context: HttpReply(405, {}, b""), fields=None),
    Route("GET", f"{_SEVERAL}authorize/", "project:read", _authorize, _AUTHORIZED_BY),
    Route("POST", f"{_SEVERAL}install_custom/", "project:read", _install, fields=frozenset(_CUSTOM)),
    Route("GET", _ONE, "project:read", lambda context: reply(_shown(context, context.row(KIND, context["id"])))),
    Route("PATCH", _ONE, "project:read", _change, fields=frozenset(_CHANGED)),
    Route("DELETE", _ONE, "project:read", _delete),
    Route("POST", f"{_ONE}proxy/", "project:read", _proxy, fields=None),
)
