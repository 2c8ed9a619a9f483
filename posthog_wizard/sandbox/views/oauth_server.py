"""PostHog as an OAuth 2.1 authorization server: metadata, registration, consent, tokens, revocation, introspection.

As https://github.com/PostHog/posthog/tree/master/posthog/api/oauth answers: RFC 6749, 7591, 7636, 7662, 8414, 9207.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from posthog_wizard.net.addresses import is_loopback, origin_of
from posthog_wizard.sandbox.api import grants
from posthog_wizard.sandbox.api.http_messages import ApiErrorReply, HttpReply, bad_key, reply, throttled
from posthog_wizard.sandbox.api.known_keys import made
from posthog_wizard.sandbox.api.pages import choice, form, form_fields, message, page, see_other
from posthog_wizard.sandbox.api.routes import RequestContext, Route, url_parts
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS, Row
from posthog_wizard.sandbox.views.cli_auth import DECISIONS, ask_who, let_in, oauth_error, projects

_CLIENTS, _CODES, _REFRESH = f"{SIGN_IN_ROWS}clients", f"{SIGN_IN_ROWS}codes", f"{SIGN_IN_ROWS}refresh"
_CODE_LIFETIME = 300  # seconds
_RESERVED = re.compile(r"^posthog|official|verified|trusted", re.IGNORECASE)
_MOST_CLIENTS = 1000
_ENDPOINTS = {"authorization": "authorize", "token": "token", "userinfo": "userinfo", "introspection": "introspect",
              "registration": "register", "revocation": "revoke"}  # fmt: skip
_KNOWN = sorted({scope for _, held in grants.PRESETS.values() for scope in held})


def _metadata(context: RequestContext) -> HttpReply:
    base = context.request.origin
    named = {f"{name}_endpoint": f"{base}/oauth/{path}/" for name, path in _ENDPOINTS.items()}
    return reply(
        {
            "issuer": base,
            **named,
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "scopes_supported": _KNOWN,
        }
    )


def _register(context: RequestContext) -> HttpReply:
    asked = context.fields
    name, addresses = asked.get("client_name", ""), asked.get("redirect_uris")
    if not isinstance(name, str) or _RESERVED.search(name):
        return oauth_error("invalid_client_metadata", "client_name is reserved")
    if not isinstance(addresses, list) or not addresses or not all(map(_may_lead_to, addresses)):
        return oauth_error("invalid_redirect_uri", "redirect_uris must be https, or http on this machine")
    if len(context.store.rows(_CLIENTS)) >= _MOST_CLIENTS:
        raise throttled(60)
    client, row = secrets.token_urlsafe(30), {"client_name": name, "redirect_uris": addresses}
    context.store.add(_CLIENTS, {"id": client, **row})
    told = {"client_id_issued_at": int(context.now.timestamp()), "token_endpoint_auth_method": "none"}
    grants = {"grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"]}
    return reply({"client_id": client, **row, **grants, **told}, 201)


def _may_lead_to(address: Any) -> bool:
    parts = url_parts(address if isinstance(address, str) else "")
    return (parts.scheme == "https" or is_loopback(parts.hostname or "")) and not parts.fragment


# ------------------------------------------------------------------ the page


def _show(context: RequestContext) -> HttpReply:
    grants.demand_navigation(context.request)
    asked = context.request.query
    client = _client(context)
    if client is None:
        return message("Not possible", "This program is not registered here, or it leads to an unknown address.", 400)
    if wrong := _wrong(asked):
        return _lead_back(context, error=wrong)
    token = context.door.token(context.request)
    if token is None:
        return ask_who(context)
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in _wished(asked))
    told = f"<p><b>{escape(client['client_name'])}</b> wants to use this PostHog in your name:</p><ul>{scopes}</ul>"
    offered = [("", "All my projects"), *projects(context.store.rows("projects"))]
    fields = [
        choice("project", "Project:", offered, asked.get("team_id", "")),
        choice("access", "Access:", [("full", "What it asks for"), ("read", "Read only")]),
    ]
    content = told + form(fields, {"token": token}, *DECISIONS)
    return page("Approve access", content, leads_to=origin_of(urlsplit(asked["redirect_uri"])))


def _decide(context: RequestContext) -> HttpReply:
    grants.demand_same_origin(context.request)
    fields, client = form_fields(context.request), _client(context)
    if "sign_in_code" in fields:
        return let_in(context)
    if client is None or not context.door.may_approve(context.request, fields):
        return ask_who(context)
    if wrong := _wrong(context.request.query):
        return _lead_back(context, error=wrong)
    if fields.get("decision") != "approve":
        return _lead_back(context, error="access_denied", error_description="The resource owner denied the request.")
    code, asked, scopes = made(""), context.request.query, _wished(context.request.query)
    scopes = [scope for scope in scopes if scope.endswith(":read")] if fields.get("access") == "read" else scopes
    teams = [int(row["id"]) for row in context.store.rows("projects") if str(row["id"]) == fields.get("project")]
    context.store.add(
        _CODES,
        {
            "id": grants.hashed(code),
            "client": client["id"],
            "client_name": client["client_name"],
            "redirect_uri": asked["redirect_uri"],
            "challenge": asked["code_challenge"],
            "scopes": scopes,
            "teams": teams,
            "family": made(""),
            "expires": context.now.timestamp() + _CODE_LIFETIME,
        },
    )
    return _lead_back(context, code=code)


def _client(context: RequestContext) -> Row | None:
    """The registered client, if it named an address of its own: on loopback any port is one (RFC 8252, 7.3)."""
    asked = context.request.query
    row, address = context.store.row(_CLIENTS, asked.get("client_id", "")), asked.get("redirect_uri", "")
    known, parts = {*row["redirect_uris"]} if row else set(), url_parts(address)
    portless = parts._replace(netloc=parts.hostname or "").geturl() if is_loopback(parts.hostname or "") else address
    return row if {address, portless} & known else None


def _wrong(asked: Mapping[str, str]) -> str | None:
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    return None if asked.get("code_challenge") and asked.get("code_challenge_method") == "S256" else "invalid_request"


def _wished(asked: Mapping[str, str]) -> list[str]:
    """What a client asks for, as far as there is such a scope; without a word of it PostHog's usual ones."""
    wished = asked.get("scope", "").split() or grants.PRESETS["agent-cli"][1]
    return [scope for scope in wished if scope in _KNOWN]


def _lead_back(context: RequestContext, **fields: str) -> HttpReply:
    asked = context.request.query
    state = {"state": asked["state"]} if "state" in asked else {}
    target, joint = asked["redirect_uri"], "&" if "?" in asked["redirect_uri"] else "?"
    return see_other(f"{target}{joint}{urlencode({**fields, **state, 'iss': context.request.origin})}")


# ------------------------------------------------------------------ tokens


def _token(context: RequestContext) -> HttpReply:
    sent = _sent(context)
    answer = _GRANTS.get(sent.get("grant_type", ""))
    if answer is None:
        return oauth_error("unsupported_grant_type", "grant_type is not known")
    with context.store.changing():
        return answer(context, sent)


def _exchange_code(context: RequestContext, sent: Mapping[str, str]) -> HttpReply:
    row = context.store.row(_CODES, grants.hashed(sent.get("code", "")))
    if row is None or row["expires"] <= context.now.timestamp() or row["client"] != sent.get("client_id"):
        return oauth_error("invalid_grant", "The authorization code is invalid or expired")
    if row.get("used"):  # somebody else has it, too: https://www.rfc-editor.org/rfc/rfc6749#section-4.1.2
        grants.revoke_family(context.store, row["family"])
        return oauth_error("invalid_grant", "The authorization code was used already")
    digest = hashlib.sha256(sent.get("code_verifier", "").encode("utf-8", "surrogatepass")).digest()
    proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if row["redirect_uri"] != sent.get("redirect_uri") or not hmac.compare_digest(proof, row["challenge"]):
        return oauth_error("invalid_grant", "The code verifier or the redirect_uri does not match")
    context.store.save(_CODES, {**row, "used": True})
    return _tokens(context, row)


def _refresh(context: RequestContext, sent: Mapping[str, str]) -> HttpReply:
    row, now = context.store.row(_REFRESH, grants.hashed(sent.get("refresh_token", ""))), context.now.timestamp()
    if row is None or row["client"] != sent.get("client_id"):
        return oauth_error("invalid_grant", "This application's access was revoked; re-authorize.")
    if now > row.get("replaced", now) + context.rules.grace:  # a token that two have: neither goes on
        grants.revoke_family(context.store, row["family"])
        return oauth_error("invalid_grant", "The refresh token was used already; re-authorize.")
    if not context.rules.rotating:
        return _answer(context, row, sent["refresh_token"])
    context.store.save(_REFRESH, {"replaced": now, **row})
    return _tokens(context, row)


_GRANTS = {"authorization_code": _exchange_code, "refresh_token": _refresh}


def _tokens(context: RequestContext, row: Row) -> HttpReply:
    """A new refresh token with its first access token."""
    refresh = made("phr_sandbox_")
    kept = {name: row[name] for name in ("client", "client_name", "scopes", "teams", "family")}
    return _answer(context, context.store.add(_REFRESH, {"id": grants.hashed(refresh), **kept}), refresh)


def _answer(context: RequestContext, row: Row, refresh: str) -> HttpReply:
    lifetime = context.rules.lifetime
    told = {
        "access_token": grants.grant_access(context.store, row, lifetime, context.now),
        "token_type": "Bearer",
        "expires_in": int(lifetime),
        "refresh_token": refresh,
        "scope": " ".join(row["scopes"]),
        "scoped_teams": row["teams"],
        "scoped_organizations": [],
    }
    return reply(told, headers={"Cache-Control": "no-store"})


def _revoke(context: RequestContext) -> HttpReply:
    token = grants.hashed(_sent(context).get("token", ""))
    for resource in (_REFRESH, f"{SIGN_IN_ROWS}grants"):
        row = context.store.row(resource, token)
        if row is not None and "family" in row:
            grants.revoke_family(context.store, row["family"])
    return reply({})


def _introspect(context: RequestContext) -> HttpReply:
    token, sent = context.request.headers.get("authorization", "").partition(" ")[2], _sent(context).get("token", "")
    if not token or token != sent:
        raise bad_key("request Authorization header")
    row = grants.granted_row(context.store, context.now, token)
    if row is None or "expires" not in row:
        return reply({"active": False})
    told = {"active": True, "token_type": "Bearer", "exp": int(row["expires"]), "scope": " ".join(row["scopes"])}
    client = {"client_id": row["client"], "client_name": row["client_name"]}
    return reply({**told, **client, "scoped_teams": row["teams"], "scoped_organizations": []})


def _sent(context: RequestContext) -> Mapping[str, str]:
    """The fields of a form or of a JSON object. Raises ApiErrorReply."""
    if not context.request.headers.get("content-type", "").startswith("application/json"):
        return form_fields(context.request)
    try:
        asked = json.loads(context.request.body)
    except (ValueError, RecursionError):
        raise ApiErrorReply(oauth_error("invalid_request", "Invalid JSON payload")) from None
    if not isinstance(asked, dict):
        raise ApiErrorReply(oauth_error("invalid_request", "JSON payload must be an object"))
    for name in (name for name, value in asked.items() if not isinstance(value, str)):
        raise ApiErrorReply(oauth_error("invalid_request", f"Parameter '{name}' must be a string"))
    return asked


_IN_ADDRESS = frozenset((
    "client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "scope", "state", "team_id",
    "required_access_level",
))  # fmt: skip
ROUTES: tuple[Route, ...] = (
    Route("GET", "/.well-known/oauth-authorization-server", None, _metadata, public=True),
    Route("GET", "/.well-known/openid-configuration", None, _metadata, public=True),
    Route("POST", "/oauth/register/", None, _register, public=True, fields=None),
    Route("GET", "/oauth/authorize/", None, _show, parameters=_IN_ADDRESS, public=True),
    Route("POST", "/oauth/authorize/", None, _decide, parameters=_IN_ADDRESS, public=True, fields=None),
    Route("POST", "/oauth/token/", None, _token, public=True, fields=None),
    Route("POST", "/oauth/revoke/", None, _revoke, public=True, fields=None),
    Route("POST", "/oauth/introspect/", None, _introspect, public=True, fields=None),
)
