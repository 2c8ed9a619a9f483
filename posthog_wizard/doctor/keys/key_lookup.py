"""What PostHog says of a key, asked once for each key and each set of hosts, and of one that a server refuses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.api.hosts import region_of
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.destinations import BOTH, Destination
from posthog_wizard.doctor.probes.probe_failure import NEW_KEY, ProbeFailure
from posthog_wizard.doctor.probes.reachability import route_to
from posthog_wizard.model import Secret
from posthog_wizard.net.addresses import parse_address

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import RoutedTransport
    from posthog_wizard.api.retry_policy import RetryPolicy

_TIMEOUT = 10.0  # seconds until a key counts as not checkable
_MARGIN = 0.5  # seconds before the limit


def look_up_key(key: Secret, where: Destination, context: Context) -> KeyReport:
    """What the PostHogs of a destination say of the key. Raises WrongUsage for a proxy or a file of no use."""

    async def owner() -> KeyReport:
        from posthog_wizard.api.key_validation import check_key  # noqa: PLC0415 - it loads httpx

        transport, patience = way_to(where.bases, where.ca_file, context)
        async with transport:
            return await check_key(key, where.bases, transport=transport, allow_http=True, patience=patience)

    return context.answers.ask(("owner", key, where.bases, where.ca_file), lambda: asyncio.run(owner()))


def look_up_in_other_region(key: Secret, where: Destination, context: Context) -> KeyReport | None:
    """What PostHog Cloud's other region says of a key that one region refused.

    None where there is no other, and for a key in a store: that is bound to its host.
    """
    if where.kept is not None or len(where.bases) != 1 or where.bases[0] not in BOTH:
        return None
    return look_up_key(key, Destination(key, tuple(base for base in BOTH if base not in where.bases)), context)


def diagnose_key(refused: ProbeFailure, where: Destination, context: Context) -> ProbeFailure:
    """A key that was refused, with what PostHog says of it; any other failure as it is."""
    if refused.kind != "refused" or where.key is None or not where.bases:
        return refused
    report = look_up_key(where.key, where, context)
    if report.usable:
        told = f"{refused.cause}, though `{report.host}` accepts it"
        return ProbeFailure("refused", told, NEW_KEY, refused.data)
    other = look_up_in_other_region(where.key, where, context) if report.state == "invalid" else None
    if other is not None and other.usable:
        region = region_of(other.host or "")
        told = f"{refused.cause}: it belongs to PostHog Cloud's region {region.upper()}"
        fix = f"run `posthog-wizard mcp add --region {region}`"
        return ProbeFailure("wrong-region", told, fix, {**refused.data, "region": region})
    return refused


def way_to(bases: Iterable[str], ca_file: Path | None, context: Context) -> tuple[RoutedTransport, RetryPolicy]:
    """How requests get from this machine to PostHogs, and how often and long. Raises WrongUsage for a proxy of no use."""
    from posthog_wizard.api.http_probe import RoutedTransport  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.retry_policy import RetryPolicy  # noqa: PLC0415

    environment = context.machine.environment
    routes = {base: route_to(parse_address(base, allow_http=True), environment, ca_file) for base in bases}
    left = max(0.1, min(_TIMEOUT, context.deadline - _MARGIN - time.monotonic()))
    return RoutedTransport(routes), RetryPolicy(budget=left, attempts=2)
