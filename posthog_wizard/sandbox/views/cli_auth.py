"""Signing in with a code that a program shows, as PostHog's own CLI does: its API, and the page where a person approves.

Shapes, statuses and texts as in https://github.com/PostHog/posthog/blob/master/posthog/api/cli_auth.py.
"""

from __future__ import annotations

import json
import string
from html import escape
from typing import Any
from urllib.parse import urlencode

from posthog_wizard.sandbox.api.grants import PRESETS, demand_navigation, demand_same_origin, grant_key, hashed
from posthog_wizard.sandbox.api.http_messages import HttpReply, forbidden, invalid, reply, throttled
from posthog_wizard.sandbox.api.known_keys import made, random_text
from posthog_wizard.sandbox.api.pages import choice, form, form_fields, line_field, message, page, see_other
from posthog_wizard.sandbox.api.routes import RequestContext, Route
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS, Row

_DEVICES = f"{SIGN_IN_ROWS}devices"
_MOST_PENDING = 100
_OLD_SCOPES = ("event_definition:read", "property_definition:read", "error_tracking:write")  # a caller names none


def _ask_for_code(context: RequestContext) -> HttpReply:
    for row in context.store.rows(_DEVICES):
        if row["expires"] <= context.now.timestamp():
            context.store.remove(_DEVICES, row["id"])
    if len(context.store.rows(_DEVICES)) >= _MOST_PENDING:
        raise throttled(60)
    device, user = made(""), f"{random_text(string.ascii_uppercase, 4)}-{random_text(string.digits, 4)}"
    end = context.now.timestamp() + context.rules.code_lifetime
    context.store.add(_DEVICES, {"id": user, "device": hashed(device), "status": "pending", "expires": end})
    address = f"{context.request.origin}/cli/authorize"
    return reply(
        {
            "device_code": device,
            "user_code": user,
            "verification_uri": address,
            "verification_uri_complete": f"{address}?code={user}",
            "expires_in": context.rules.code_lifetime,
            "interval": context.rules.interval,
        }
    )


def _poll(context: RequestContext) -> HttpReply:
    code = context.fields.get("device_code")
    if not isinstance(code, str) or not code:
        raise invalid("device_code", "This field is required.", "required")
    with context.store.changing():
        row = next((row for row in context.store.rows(_DEVICES) if row["device"] == hashed(code)), None)
        if row is None or row["expires"] <= context.now.timestamp():
            told = "Device code expired"
            return reply({"status": "expired", "error": "expired_token", "error_description": told}, 400)
        if row["status"] == "pending":
            return reply({"status": "pending"}, 202)
        context.store.remove(_DEVICES, row["id"])  # it is delivered once
    return reply({"status": "authorized", **row["granted"]})


def _authorize(context: RequestContext) -> HttpReply:
    """What PostHog's page asks with a browser's session."""
    if context.door.token(context.request) is None:
        raise forbidden("Authentication credentials were not provided.")
    wanted = context.fields
    return _approved(context, str(wanted.get("user_code")), wanted.get("project_id"), wanted.get("scopes", _OLD_SCOPES))


def _approved(context: RequestContext, code: str, project_id: Any, scopes: Any) -> HttpReply:
    """Make the key that a code stands for; an error in the words of PostHog's view."""
    known = {scope for _, held in PRESETS.values() for scope in held}
    with context.store.changing():
        row, project = context.store.row(_DEVICES, code.upper()), context.store.row("projects", project_id)
        if not isinstance(scopes, (list, tuple)) or not scopes:
            return oauth_error("invalid_request", "scopes must not be empty")
        if not {*map(str, scopes)} <= known:
            return oauth_error("invalid_scope", "A scope is not known, or a key may not have it")
        if row is None or row["expires"] <= context.now.timestamp():
            return oauth_error("invalid_code", "Invalid or expired code")
        if row["status"] != "pending":
            return oauth_error("already_authorized", "This code was used already")
        if project is None:
            return oauth_error("invalid_project", "There is no such project")
        key, granted = grant_key(context.store, project, scopes, context.now)
        given = {
            "personal_api_key": key,
            "label": granted["label"],
            "project_id": str(project["id"]),
            "scopes": list(scopes),
        }
        context.store.save(_DEVICES, {**row, "status": "authorized", "granted": given})
    return reply({"status": "success", "label": granted["label"], "mask_value": f"phx_...{key[-4:]}"})


def oauth_error(code: str, told: str) -> HttpReply:
    """A refusal in OAuth's words."""
    return reply({"error": code, "error_description": told}, 400)


# ------------------------------------------------------------------ the page


def _show(context: RequestContext) -> HttpReply:
    demand_navigation(context.request)
    token = context.door.token(context.request)
    if token is None:
        return ask_who(context)
    code = context.request.query.get("code", "")
    usual = next((one for one in context.request.query.get("use_cases", "").split(",") if one in PRESETS), "agent-cli")
    shown = f"<p>The code is <code>{escape(code)}</code></p>" if code else ""
    fields = [
        line_field("code", "Code:", code),
        choice("project", "Project:", projects(context.store.rows("projects"))),
        choice("preset", "Access:", [(name, words) for name, (words, _) in PRESETS.items()], usual),
    ]
    told = "<p>A program wants to use this PostHog. Approve only if you have just started it, and it shows the same code.</p>"
    return page("Approve a sign-in", told + shown + form(fields, {"token": token}, *DECISIONS))


DECISIONS = (("approve", "Approve"), ("refuse", "Refuse"))


def projects(rows: list[Row]) -> list[tuple[str, str]]:
    """Projects to choose from."""
    return [(str(row["id"]), str(row["name"])) for row in rows]


def ask_who(context: RequestContext, *, wrong: bool = False) -> HttpReply:
    """The page for who has no session yet; its form comes back to the same address."""
    told = f"<p>`posthog-wizard sandbox` has shown a sign-in code; the one of now is in <b>{escape(str(context.door.path))}</b>.</p>"
    again = '<p role="alert">That is not the code, or it was used already.</p>' if wrong else ""
    content = again + told + form([line_field("sign_in_code", "Sign-in code:")], {}, ("sign-in", "Sign in"))
    return page("Sign in", content, status=403 if wrong else 200)


def let_in(context: RequestContext) -> HttpReply:
    """The answer to that form: a session, or the form again."""
    cookie = context.door.open(form_fields(context.request).get("sign_in_code", ""))
    if cookie is None:
        return ask_who(context, wrong=True)
    return see_other(f"{context.request.path}?{urlencode(context.request.query)}", {"Set-Cookie": cookie})


def _decide(context: RequestContext) -> HttpReply:
    demand_same_origin(context.request)
    fields = form_fields(context.request)
    if "sign_in_code" in fields:
        return let_in(context)
    if not context.door.may_approve(context.request, fields):
        return ask_who(context)
    if fields.get("decision") != "approve":
        return message("Refused", "Nothing was approved. The program waits until its code expires, or you stop it.")
    _, scopes = PRESETS.get(fields.get("preset", ""), ("", ()))
    done = _approved(context, fields.get("code", "").strip(), fields.get("project"), scopes)
    if done.status != 200:  # noqa: PLR2004 - approved
        return message("Not approved", json.loads(done.body)["error_description"], done.status)
    return message("Signed in", "The program has its key. You can close this page.")


_IN_ADDRESS = frozenset({"code", "use_cases"})
ROUTES: tuple[Route, ...] = (
    Route("POST", "/api/cli-auth/device-code/", None, _ask_for_code, public=True),
    Route("POST", "/api/cli-auth/poll/", None, _poll, public=True, fields=frozenset({"device_code"})),
    Route("POST", "/api/cli-auth/authorize/", None, _authorize, public=True, fields=None),
    Route("GET", "/cli/authorize", None, _show, public=True, parameters=_IN_ADDRESS),
    Route("POST", "/cli/authorize", None, _decide, parameters=_IN_ADDRESS, public=True, fields=None),
)
