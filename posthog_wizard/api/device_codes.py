"""PostHog's sign-in by a code, which is its own and not RFC 8628: a code is asked for, then whether somebody approved it.

Source: https://github.com/PostHog/posthog/blob/master/posthog/api/cli_auth.py
"""

import re
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from posthog_wizard.api.hosts import key_list, key_page
from posthog_wizard.api.key_format import PREFIX, read_key
from posthog_wizard.api.keyless import Contact, send_keyless
from posthog_wizard.api.replies import GOOD, ApiReply, error_of
from posthog_wizard.errors import BadReply, CredentialError, RateLimited, SignInExpired, SignInUnavailable
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import is_loopback

_ASK, _POLL = "/api/cli-auth/device-code/", "/api/cli-auth/poll/"
_ABSENT = (404, 405)
_USER_CODE = re.compile(r"[A-Z0-9]{2,8}(-[A-Z0-9]{2,8}){1,3}")
_INTERVAL, _LIFETIME = (1.0, 60.0), (1.0, 3600.0)  # seconds, least and most of what a server may say
_PENDING = 202
_NOBODY = Secret("")


class DeviceCode(NamedTuple):
    """What was given for a sign-in: the person sees `user_code` at `address`, we ask with `secret`; times in seconds."""

    secret: Secret
    user_code: str
    address: str
    expires_in: float
    interval: float


class DeviceGrant(NamedTuple):
    """The key that somebody approved, what PostHog calls it, its project and its scopes."""

    key: Secret
    label: str
    project: str
    scopes: tuple[str, ...]


async def ask_for_code(contact: Contact) -> DeviceCode:
    """A new code. Raises SignInUnavailable where PostHog is too old, and the ApiErrors."""
    answer = await send_keyless(contact, _ASK)
    if answer.status in _ABSENT:
        hint = f"make a key at {key_page(contact.base)}, then run `posthog-wizard key set --host {contact.base}`"
        raise SignInUnavailable(f"`{contact.base}` has no sign-in by the browser, as older versions of PostHog", hint)
    if answer.status in GOOD:
        return _code(contact, answer)
    problem = error_of(answer, _NOBODY)
    if isinstance(problem, RateLimited):
        told = f"`{contact.base}` was asked for too many codes"
        problem = RateLimited(told, problem.hint, retry_after=problem.retry_after)
    raise problem


def _code(contact: Contact, answer: ApiReply) -> DeviceCode:
    said = answer.fields
    secret, code = said.get("device_code"), said.get("user_code")
    if not isinstance(secret, str) or not secret or not isinstance(code, str) or not _USER_CODE.fullmatch(code):
        raise BadReply(f"`{contact.base}` does not answer like PostHog (`{_ASK}`)", "check the address")
    _demand_own_host(contact.base, said.get("verification_uri_complete") or said.get("verification_uri"))
    address = f"{contact.base}/cli/authorize?{urlencode({'code': code, 'use_cases': 'agent-cli'})}"
    return DeviceCode(
        Secret(secret),
        code,
        address,
        _within(said.get("expires_in"), 600, _LIFETIME),
        _within(said.get("interval"), 5, _INTERVAL),
    )


def _demand_own_host(base: str, named: Json) -> None:
    """A proxy may have bent scheme, port or path of the page's address, which is then ours; another host is a stranger's."""
    own = urlsplit(base).hostname or ""
    try:
        host = urlsplit(str(named)).hostname or own
    except ValueError:
        host = str(named)
    if host != own and not (is_loopback(host) and is_loopback(own)):
        told = f"`{base}` wants you to sign in on another host, `{host}`, which was not opened"
        raise BadReply(told, "check the address, or pass that host with `--host` if it is your PostHog")


def _within(said: Json, usual: float, bounds: tuple[float, float]) -> float:
    number = float(said) if isinstance(said, int | float) and not isinstance(said, bool) else usual
    return min(max(number, bounds[0]), bounds[1])


async def poll(contact: Contact, code: DeviceCode) -> DeviceGrant | None:
    """The grant, None while nobody has approved. It is given once.

    Raises SignInExpired for a code that is over, and the ApiErrors; CredentialError for a key that is none.
    """
    answer = await send_keyless(contact, _POLL, json={"device_code": code.secret.reveal()})
    said = answer.fields
    if answer.status == _PENDING:
        return None
    if said.get("status") == "expired" or said.get("error") == "expired_token":
        raise SignInExpired("the code is no longer valid", "run the command again")
    if answer.status not in GOOD:
        raise error_of(answer, code.secret)
    return _grant(contact, said)


def _grant(contact: Contact, said: Json) -> DeviceGrant:
    text, label = said.get("personal_api_key"), str(said.get("label") or "")
    if not isinstance(text, str) or not text.startswith(PREFIX):
        raise _useless(contact, label)
    try:
        key = read_key(text, base=contact.base)
    except CredentialError as problem:
        raise _useless(contact, label) from problem
    scopes = said.get("scopes")
    granted = tuple(map(str, scopes)) if isinstance(scopes, list) else ()
    return DeviceGrant(key, label, str(said.get("project_id") or ""), granted)


def _useless(contact: Contact, label: str) -> CredentialError:
    named = f"the key `{label}`" if label else "the newest key"
    told = f"`{contact.base}` said that you had signed in, and gave no personal API key with it"
    return CredentialError(told, f"delete {named} at {key_list(contact.base)}, and make one by hand there")
