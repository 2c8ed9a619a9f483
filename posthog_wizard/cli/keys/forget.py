"""`posthog-wizard key forget`: take a key and its profile away, and say what still needs them."""

from __future__ import annotations

from posthog_wizard.api.hosts import CLOUD, key_list
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.keys.key_options import host_of
from posthog_wizard.cli.keys.rows import KEY_SCHEMA, Shown, used_by
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials import external_reference, profiles, store
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.errors import Cancelled, CredentialError
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold
from posthog_wizard.model import Machine, Secret
from posthog_wizard.plan.uses import Use
from posthog_wizard.settings import stored_key


def command(
    profile: shared_options.ProfileOption = None,
    yes: shared_options.YesOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Forget a key and its profile. PostHog still knows the key: delete it there, too, if nobody needs it.

    posthog-wizard key forget

    posthog-wizard key forget --profile work -y
    """
    machine = this_run().machine
    kept = profiles.profile(machine, profile or DEFAULT)
    if kept is None:
        output.say(f"there is no profile `{profile or DEFAULT}`, so there is nothing to forget")
        if json:
            output.json_document(KEY_SCHEMA, profiles=[])
        return 0
    key = _readable(machine, kept)
    needed = used_by(machine, kept.name, key)
    for use in needed:
        output.warn(_need(use))
    if ask.can_ask(no_input=False, json=json) and not yes:
        where = external_reference.reference_in_words(kept.key) if kept.key else "nowhere"
        if not ask.confirm(f"Forget the profile `{kept.name}` and its key in {where}?"):
            raise Cancelled
    _forget(machine, kept, key)
    if json:
        output.json_document(KEY_SCHEMA, profiles=[Shown(kept, key, KeyReport("none"), needed).document()])
    else:
        output.result(f"the profile `{kept.name}` is forgotten")
        output.say(
            f"PostHog still takes the key; delete it there if nobody needs it: {key_list(host_of(kept) or CLOUD['us'])}"
        )
    return 0


def _forget(machine: Machine, kept: Profile, key: Secret | None) -> None:
    """Take the key out of what we keep about earlier runs, out of its store, then the profile out of its file.

    The store and the profile go last: as long as they tell the key, the command can be run again and finds its copies.
    Raises CredentialError, ConfigError.
    """
    if key is not None and kept.key is not None:
        clean(machine, kept, key)
    if kept.key is not None:
        with hold(machine, this_disk(), "key forget"):
            store.forget(kept.key, host_of(kept), machine)
            profiles.forget_profile(machine, kept.name)


def clean(machine: Machine, kept: Profile, key: Secret) -> None:
    """Take a key out of the journal, saved texts and logs."""
    from posthog_wizard.install.key_purge import purge_key

    for path in purge_key(machine, key, kept.key, host_of(kept)):
        output.warn(f"the key still stands in `{path}`, which could not be changed: delete that file")


def _readable(machine: Machine, kept: Profile) -> Secret | None:
    """The key, by which copies of it are found; None where it cannot be read, which is said."""
    try:
        return stored_key(machine, kept, None).read()
    except CredentialError as problem:
        output.warn(f"copies of the key cannot be looked for: {problem.message}")
        return None


def _need(use: Use) -> str:
    what = "holds a copy of the key" if use.how == "inline" else "reads this profile"
    return f"{use.found.client.title} still needs it: `{use.name}` in {use.found.path} {what}"
