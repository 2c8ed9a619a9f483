"""`mcp add --secret store`: which key goes into the store, and the entries that then need none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import output
from posthog_wizard.cli.key_check import KeyCheck
from posthog_wizard.cli.key_input import Given
from posthog_wizard.cli.key_store.storing import KeyStorage, key_in_entries, key_in_profile, key_storage, other_server
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.model import Found, Machine, Secret

if TYPE_CHECKING:
    from posthog_wizard.cli.add_options import AddRequest


def known_key(
    request: AddRequest, given: Given, found: tuple[Found, ...], machine: Machine, *, asking: bool
) -> tuple[AddRequest, Given]:
    """The stored key, then, on its way into the store, the one that stands in the entries; `given` where there is none.

    A key that was found brings its PostHog along, unless flags name one.
    """
    host = request.connection.hosts[0] if request.host_given else None
    known = key_in_profile(machine, request.profile, host)
    if known is None and request.placement == "store":
        known = key_in_entries(found, asking=asking)
    if known is None:
        return request, given
    if known.host is not None and not request.host_given:
        request = request._replace(connection=request.at(known.host))
    return request, known.given._replace(notes=given.notes)


def key_storage_for(
    request: AddRequest, key_check: KeyCheck, found: tuple[Found, ...], machine: Machine, *, asking: bool
) -> KeyStorage:
    """The verdict's key on its way into the profile that was asked for."""
    where = request.connection
    host = key_check.host or where.hosts[0]
    if key_check.host is None and len(where.hosts) > 1:
        output.warn(f"the key was not checked, so it is taken for one of `{host}`; `--region` says otherwise")
    key = key_check.key or Secret("")
    named = where.address if where.kind == "hosted" and where.address != HOSTED_MCP_URL else None
    return key_storage(
        machine,
        name=request.profile,
        key=key,
        host=host,
        mcp_url=named or other_server(found, key),
        where=request.store,
        held=key_check.source == "store",
        asking=asking,
    )._replace(plain=request.plain)
