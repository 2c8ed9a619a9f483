"""`posthog-wizard key set`: put a key into the store."""

from __future__ import annotations

from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import Cancelled
from posthog_wizard.model import Machine
from posthog_wizard.operations.connection import host_in_environment
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck
from posthog_wizard.operations.key_store.choice import choose_store, keep
from posthog_wizard.operations.keys.key_options import KeyOptions, KeyRequest, host_of, key_request, place_in_words


def run(options: KeyOptions, machine: Machine, ask: Ask | None, report: Report) -> tuple[Profile, KeyCheck]:
    """Check the key, then keep it: the profile as it is now. Raises WizardError, and the profile is as it was."""
    if options.host is None and options.region is None:
        options = options._replace(host=host_in_environment(machine, report))
    wanted = key_request(machine, options)
    if ask is not None and not options.yes:
        _confirm(wanted, ask)
    given = wanted.brought(machine, ask, report)
    place = choose_store(wanted, machine, ask)
    check = wanted.checked(given, ask, report)
    kept = _profile(wanted, check, place, report)
    if check.key is not None:
        keep(machine, kept, check.key, wanted.kept, report, command="key set")
    return kept, check


def _profile(wanted: KeyRequest, check: KeyCheck, place: KeyReference, report: Report) -> Profile:
    """The profile as it will be. Limits that name an organization or a project are of one PostHog only."""
    kept, host = wanted.kept or Profile(wanted.profile), check.host_in(wanted.connection, report)
    if kept.host is not None and host_of(kept) != host and (kept.limits.organization or kept.limits.project):
        report.warn(f"the limits of `{kept.name}` to an organization or project were of `{kept.host}`, and are dropped")
        kept = kept._replace(limits=kept.limits._replace(organization=None, project=None))
    return kept._replace(host=host, key=place, way=None, label=None)


def _confirm(wanted: KeyRequest, ask: Ask) -> None:
    kept = wanted.kept
    if kept is None or kept.key is None:
        return
    told = f"The profile `{kept.name}` has a key already, in {place_in_words(kept)}. Replace it?"
    if not ask.confirm(told, default=False):
        raise Cancelled
