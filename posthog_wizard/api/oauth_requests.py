"""What is asked of PostHog's OAuth server: its issuer, a client, tokens, revocation. RFC 6749, 7009, 7591, 7636, 8414, 9207.

Written out, since each is one POST: Authlib's client takes a third longer to import than httpx alone (335 against 247 ms
on a busy machine), and knows neither our proxies, nor our limits, nor who may be redirected.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from posthog_wizard.api.keyless import Contact, send_keyless
from posthog_wizard.api.replies import GOOD, SERVER_FAULTS, ApiReply, error_of, scrub_text
from posthog_wizard.api.scopes import required_scopes
from posthog_wizard.errors import BadReply, CredentialError, SignInExpired, SignInUnavailable, WizardError
from posthog_wizard.model import Json, Secret

_METADATA, _REGISTER, _TOKEN = "/.well-known/oauth-authorization-server", "/oauth/register/", "/oauth/token/"
_NAME = "pw-cli (posthog wizard)"  # PostHog refuses names that begin with its own
_LIFETIME = 3600.0  # seconds, where the answer does not say
_BEARER = re.compile(r"[A-Za-z0-9\-._~+/]{1,4000}=*")  # RFC 6750, 2.1
_NOBODY = Secret("")
OAUTH_SCOPES = required_scopes(also=("organization:read",))


class Issuer(NamedTuple):
    """Who gives tokens; `named`: it promises to say so in its answers."""

    name: str
    named: bool


class TokenAnswer(NamedTuple):
    """What PostHog gave: `refresh` is None where nothing new is there to renew it with, `lasts` are seconds."""

    access: str
    refresh: str | None
    lasts: float
    scopes: tuple[str, ...]
    projects: tuple[str, ...]


async def issuer(contact: Contact) -> Issuer:
    """Raises SignInUnavailable where this PostHog has no OAuth, BadReply for another host."""
    answer = await send_keyless(contact, _METADATA, method="GET")
    said = answer.fields
    name = said.get("issuer")
    if answer.status not in GOOD or not isinstance(name, str):
        raise _unavailable(contact)
    if urlsplit(name).hostname != urlsplit(contact.base).hostname:
        raise BadReply(f"`{contact.base}` leaves signing in to another host, `{name}`", "check the address")
    return Issuer(name, said.get("authorization_response_iss_parameter_supported") is True)


async def register(contact: Contact, redirect: str, scopes: tuple[str, ...]) -> str:
    """A client of our own for this sign-in; its id. Raises SignInUnavailable, ApiError."""
    asked = {
        "client_name": _NAME,
        "redirect_uris": [redirect],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "scope": " ".join(scopes),
    }
    answer = await send_keyless(contact, _REGISTER, json=asked)
    client = answer.fields.get("client_id")
    if answer.status not in GOOD and answer.fields.get("error") == "server_error":
        raise _unavailable(contact)  # metadata, but no key to sign tokens with
    if answer.status not in GOOD or not isinstance(client, str):
        raise _refused(answer)
    return client


async def exchange(contact: Contact, client: str, code: str, redirect: str, verifier: str) -> TokenAnswer:
    """The tokens for a code. Raises SignInExpired for one that no longer counts, ApiError."""
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "client_id": client}
    answer = await send_keyless(contact, _TOKEN, form={**sent, "code_verifier": verifier})
    return _token(answer)


async def renew(contact: Contact, client: str, refresh: str) -> TokenAnswer:
    """The next tokens. Raises SignInExpired where a person has to sign in again, ApiError where it may go another time."""
    sent = {"grant_type": "refresh_token", "refresh_token": refresh, "client_id": client}
    return _token(await send_keyless(contact, _TOKEN, form=sent))


async def revoke(contact: Contact, client: str, token: str) -> None:
    """Let a token count no longer, and what came of it. Raises ApiError, CredentialError."""
    answer = await send_keyless(contact, "/oauth/revoke/", form={"token": token, "client_id": client})
    if answer.status not in GOOD:
        raise _refused(answer)


async def introspect(contact: Contact, access: Secret) -> Mapping[str, Json]:
    """What PostHog knows of an access token, `active` first. Raises ApiError."""
    answer = await send_keyless(contact, "/oauth/introspect/", form={"token": access.reveal()}, bearer=access)
    if answer.status not in GOOD:
        raise error_of(answer, access)
    return answer.fields


def _token(answer: ApiReply) -> TokenAnswer:
    said = answer.fields
    if answer.status not in GOOD:
        raise _refused(answer)
    access, refresh, life = said.get("access_token"), said.get("refresh_token"), said.get("expires_in")
    if not isinstance(access, str) or not _BEARER.fullmatch(access):
        raise BadReply(f"`{answer.base}` gave no access token (`{answer.path}`)", "try again")
    projects = said.get("scoped_teams")
    return TokenAnswer(
        access,
        refresh if isinstance(refresh, str) and refresh else None,
        float(life) if isinstance(life, int | float) and life > 0 else _LIFETIME,
        tuple(str(said.get("scope") or "").split()),
        tuple(map(str, projects)) if isinstance(projects, list) else (),
    )


def _refused(answer: ApiReply) -> WizardError:
    """An error in OAuth's words: https://www.rfc-editor.org/rfc/rfc6749#section-5.2."""
    said = answer.fields
    code, told = said.get("error"), said.get("error_description")
    if answer.status in SERVER_FAULTS or not isinstance(code, str):
        return error_of(answer, _NOBODY)
    words = scrub_text(str(told or code), _NOBODY)
    if code in {"invalid_grant", "invalid_client", "unauthorized_client"}:
        return SignInExpired(words.rstrip("."), "sign in again: `posthog-wizard login --oauth`")
    return CredentialError(f"`{answer.base}` refused the sign-in: {words}", "try again, or sign in without `--oauth`")


def _unavailable(contact: Contact) -> SignInUnavailable:
    hint = f"leave `--oauth` out: `posthog-wizard login --host {contact.base}`"
    return SignInUnavailable(f"`{contact.base}` gives no access by OAuth", hint)
