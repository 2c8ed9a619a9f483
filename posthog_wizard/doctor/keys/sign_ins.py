"""What sign-ins leave behind: one account in several profiles, and locks of renewals that nothing needs."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from functools import partial

from posthog_wizard.credentials.profiles import Profile, profile_flag, profiles
from posthog_wizard.doctor.check import Check, Repair, advice
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.destinations import Destination
from posthog_wizard.doctor.keys.key_lookup import look_up_key
from posthog_wizard.errors import ConfigError, WizardError
from posthog_wizard.settings import stored_key
from posthog_wizard.sign_in.shared_token import left_locks


def lock(context: Context) -> Iterator[Check]:
    """Whether locks are left that no sign-in needs and nobody holds."""
    left = left_locks(context.machine, _signed_in(context))
    check = Check("key.lock", "ok", "no lock of a sign-in is left")
    if not left:
        yield check
        return
    again = partial(left_locks, context.machine, _signed_in(context), remove=True)
    repair = Repair(None, "remove locks that no sign-in needs", prepare=again)
    told = f"nobody holds {', '.join(f'`{path}`' for path in left)}, and the sign-in is gone"
    fix = advice(repair, f"`rm {shlex.join(map(str, left))}`")
    yield check._replace(status="warn", title="what a sign-in left", cause=told, fix=fix, repair=repair)


def account(context: Context) -> Iterator[Check]:
    """Whether profiles are sign-ins of one account, and nothing tells them apart."""
    check, seen = Check("key.account", "ok", "the sign-ins of the profiles"), dict[object, str]()
    several = Counter(kept.host for kept in _signed_in(context))
    for kept in [one for one in _signed_in(context) if several[one.host] > 1 and not context.options.offline]:
        try:
            key = stored_key(context.machine, kept, None).read()
            known = look_up_key(key, Destination(key, (str(kept.host),)), context)
        except WizardError as problem:
            yield check._replace(status="skip", title=f"the profile `{kept.name}`", cause=problem.message)
            continue
        project = known.project.id if known.project else None
        same = (kept.host, known.user, project, tuple(sorted(known.scopes)), kept.limits)
        first = seen.setdefault(same, kept.name) if known.user else kept.name
        if first != kept.name:
            told = f"`{first}` and `{kept.name}` are sign-ins of one account with the same access to the same project"
            fix = f"sign out of one of them: `posthog-wizard logout{profile_flag(kept.name)}`"
            check = check._replace(status="warn", cause=told, fix=fix)
    yield check


def _signed_in(context: Context) -> tuple[Profile, ...]:
    """The profiles that came by a sign-in; none where they cannot be read, which `key.source` tells."""
    try:
        return tuple(one for one in profiles(context.machine) if one.way)
    except ConfigError:
        return ()
