"""Why a server refuses a key: PostHog itself knows whether the key is wrong, or the server's region."""

from __future__ import annotations

from typing import TypeVar

from posthog_wizard.api.hosts import region_of
from posthog_wizard.doctor.destinations import Destination
from posthog_wizard.doctor.owners import elsewhere, owner
from posthog_wizard.doctor.patient import Patient
from posthog_wizard.doctor.questions import Questions
from posthog_wizard.doctor.trouble import Trouble

Result = TypeVar("Result")


def blamed(result: Result, where: Destination, patient: Patient, questions: Questions) -> Result | Trouble:
    """The same result; a refused key with what PostHog says of it."""
    if not isinstance(result, Trouble) or result.kind != "refused" or where.key is None or not where.bases:
        return result
    report = owner(where.key, where, patient, questions)
    if report.usable:
        told = f"{result.cause}, though `{report.host}` accepts it"
        return Trouble("refused", told, result.fix, result.data)
    other = elsewhere(where.key, where, patient, questions) if report.state == "invalid" else None
    if other is not None and other.usable:
        told = f"{result.cause}: it belongs to PostHog Cloud's region {region_of(other.host or '').upper()}"
        fix = f"run `posthog-wizard mcp add --region {region_of(other.host or '')}`"
        return Trouble("wrong-region", told, fix, {**result.data, "region": region_of(other.host or "")})
    return result
