"""`posthog-wizard key set`: put a key into the store."""

from __future__ import annotations

from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import Cancelled
from posthog_wizard.model import Machine
from posthog_wizard.operations.connection import host_in_environment
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck
from posthog_wizard.operations.key_store.choice import keep, offered_key
from posthog_wizard.operations.keys.key_options import KeyOptions, host_of, key_request, place_in_words


def run(options: KeyOptions, machine: Machine, ask: Ask | None, report: Report) -> tuple[Profile, KeyCheck]:
    """Check the key, then keep it: the profile as it is now. Raises WizardError, and the profile is as it was."""
    if not options.host_given:
        options = options._replace(host=host_in_environment(machine, report))
    wanted = key_request(machine, options)
    kept = wanted.profile
    if ask is not None and not options.yes and kept.key is not None:
        told = f"The profile `{kept.name}` has a key already, in {place_in_words(kept)}. Replace it?"
        if not ask.confirm(told, default=False):
            raise Cancelled
    place, check = offered_key(wanted, machine, ask, report)
    host = check.host_in(wanted.connection, report)
    if kept.host is not None and host_of(kept) != host and (kept.limits.organization or kept.limits.project):
        # an organization or a project is of one PostHog only
        report.warn(f"the limits of `{kept.name}` to an organization or project were of `{kept.host}`, and are dropped")
        kept = kept._replace(limits=kept.limits._replace(organization=None, project=None))
    kept = kept._replace(host=host, key=place, way=None, label=None)
    if check.key is not None:
        keep(machine, kept, check.key, wanted.profile, report, command="key set")
    return kept, check
