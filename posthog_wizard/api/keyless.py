"""Requests on the way to a key: without one, sent once, never redirected, short in their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import httpx

from posthog_wizard.api.replies import ApiReply, cross_origin_redirect
from posthog_wizard.api.transport import body_within, open_http
from posthog_wizard.api.transport_errors import unreachable
from posthog_wizard.errors import BadReply, Unreachable
from posthog_wizard.model import Json, Secret

_LIMIT = 20.0  # seconds for one answer
_LARGEST = 256 * 1024  # bytes of one
_REDIRECTS = range(300, 400)


class Contact(NamedTuple):
    """A PostHog (`base` as `hosts.api_base` gives it) and the way to it; `transport` is the seam for tests."""

    base: str
    ca_file: Path | None = None
    transport: httpx.AsyncBaseTransport | None = None


async def send_keyless(
    contact: Contact,
    path: str,
    *,
    method: str = "POST",
    json: Json = None,
    form: Mapping[str, str] | None = None,
    bearer: Secret | None = None,
) -> ApiReply:
    """The answer, whatever its status but a redirect. Raises Unreachable, BadReply."""
    url = f"{contact.base}{path}"
    signed = {"Authorization": f"Bearer {bearer.reveal()}"} if bearer else {}
    try:
        async with (
            asyncio.timeout(_LIMIT),
            open_http(contact.base, transport=contact.transport, ca_file=contact.ca_file) as http,
            http.stream(method, url, json=json, data=form, headers=signed) as response,
        ):
            body = await body_within(response, _LARGEST, contact.base, path)
    except TimeoutError as error:
        raise Unreachable(f"`{contact.base}` did not answer in {_LIMIT:g} seconds", "try again") from error
    except httpx.HTTPError as error:
        raise unreachable(contact.base, error) from error
    if body is None:
        told = f"the answer of `{url}` is larger than {_LARGEST // 1024} kB"
        raise BadReply(told, "check the address", status=response.status_code)
    answer = ApiReply(contact.base, method, path, response.status_code, response.headers, body)
    if answer.status in _REDIRECTS:  # a POST would become a GET, or go to a stranger
        target = response.next_request.url if response.next_request else httpx.URL(url)
        address = str(target.copy_with(query=None, fragment=None, userinfo=b""))
        raise cross_origin_redirect(answer, address, same_origin=target.host == httpx.URL(url).host)
    return answer
