"""Why a server refuses a key: PostHog itself knows whether the key is wrong, or the server's region."""

from __future__ import annotations

from typing import TypeVar

from posthog_wizard.api.hosts import region_of
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.destinations import Destination
from posthog_wizard.doctor.key_lookup import look_up_in_other_region, look_up_key
from posthog_wizard.doctor.once_cache import OnceCache
from posthog_wizard.doctor.probe_failure import ProbeFailure

_Result = TypeVar("_Result")


def diagnose_key(result: _Result, where: Destination, context: Context, cache: OnceCache) -> _Result | ProbeFailure:
    """The same result; a refused key with what PostHog says of it."""
    if not isinstance(result, ProbeFailure) or result.kind != "refused" or where.key is None or not where.bases:
        return result
    report = look_up_key(where.key, where, context, cache)
    if report.usable:
        told = f"{result.cause}, though `{report.host}` accepts it"
        return ProbeFailure("refused", told, result.fix, result.data)
    other = look_up_in_other_region(where.key, where, context, cache) if report.state == "invalid" else None
    if other is not None and other.usable:
        told = f"{result.cause}: it belongs to PostHog Cloud's region {region_of(other.host or '').upper()}"
        fix = f"run `posthog-wizard mcp add --region {region_of(other.host or '')}`"
        return ProbeFailure("wrong-region", told, fix, {**result.data, "region": region_of(other.host or "")})
    return result
