"""Which store takes a key, and that it is there when the profile says so."""

from __future__ import annotations

from contextlib import suppress

from posthog_wizard.api.hosts import app_list
from posthog_wizard.credentials import external_reference, file_store, profiles, store
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.credentials.reference import STORES, KeyReference, ReferenceKind
from posthog_wizard.errors import Cancelled, CredentialError, MissingInput, StoreUnusable, WizardError, WriteRefused
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.keys.key_options import KeyRequest, host_of
from posthog_wizard.sign_in.shared_token import end_access, renewing_alone, stored_token
from posthog_wizard.sign_in.token import OAuthToken


def choose_store(asked: KeyRequest, machine: Machine, ask: Ask | None) -> KeyReference:
    """Where the key goes: as the flags say, else where the profile's is, else as the user says, else the keyring.

    Raises MissingInput where there is no keyring and nobody to ask, Cancelled.
    """
    if asked.reference is not None:
        return asked.reference
    if asked.options.store is not None:
        return KeyReference(STORES[asked.options.store], asked.profile)
    if asked.kept is not None and asked.kept.key is not None and asked.kept.key.ours:
        return asked.kept.key
    return KeyReference(_chosen(machine, ask), asked.profile)


def keep(
    machine: Machine,
    kept: Profile,
    key: Secret,
    before: Profile | None,
    report: Report,
    *,
    command: str,
    replaces: Secret | None = None,
) -> str | None:
    """Write the key, read it back, then let the profile say so; a key of the same profile elsewhere goes last.

    Access by OAuth that it replaces is revoked then; where that fails, the page on which it ends is given and told.

    When something goes wrong, the profile still leads to the key that it led to before. Raises CredentialError,
    ConfigError for the profiles, WriteRefused while another wizard is at work, or when `replaces` is no longer the
    profile's key.
    """
    reference, host = _place(kept), host_of(kept)
    was = host_of(before) if before is not None else ""
    with renewing_alone(before, was, machine), hold(machine, this_disk(), command):
        access = access_of(before, machine, report)
        if replaces is not None:
            _demand_still(machine, before, replaces)
        old = _held(reference, host, machine)
        try:
            if reference.ours:
                _write(reference, host, key, machine)
            profiles.save(machine, kept)
        except WizardError:
            _put_back(reference, host, old, machine)
            raise
        if before is not None and before.key is not None and (before.key, was) != (reference, host):
            _drop(machine, before, before.key, kept, report)
    left = end_access(was, access) if access is not None else None
    if left is None:
        return None
    report.warn(f"the access that was there could not be revoked: {left.message}; {left.hint}")
    return app_list(was)


def access_of(kept: Profile | None, machine: Machine, report: Report) -> OAuthToken | None:
    """What a profile holds that can be revoked; None for a key, and where the store does not give it, which is said."""
    if kept is None or kept.key is None or kept.way != "oauth":
        return None
    try:
        return stored_token(kept, host_of(kept), machine)
    except CredentialError as problem:
        report.warn(f"the access that was there cannot be revoked from here: {problem.message}")
        return None


def _demand_still(machine: Machine, before: Profile | None, key: Secret) -> None:
    """Two rotations that began with the same old key would leave clients with one new key and the store with the other."""
    if before is None or before.key is None:
        return
    same = profiles.profile(machine, before.name) == before
    if same and before.key.ours:  # what a person stored there may have blanks or a `Bearer` around the key
        same = key.reveal() in store.read(before.key, host_of(before), machine).reveal()
    if not same:
        raise WriteRefused(
            f"another command has changed the key of the profile `{before.name}` meanwhile",
            f"look with `posthog-wizard key show{profile_flag(before.name)}`, then run this again if it is still needed",
        )


def _write(reference: KeyReference, host: str, key: Secret, machine: Machine) -> None:
    store.write(reference, host, key, machine)
    if store.read(reference, host, machine) != key:
        raise StoreUnusable(
            f"{external_reference.reference_in_words(reference)} returned a different key from the one that was stored in it",
            "use the other store: `--store keyring` or `--store file`",
        )


def _held(reference: KeyReference, host: str, machine: Machine) -> Secret | None:
    """What stands where the key will be written. What cannot be read will not be written either, which then is said."""
    with suppress(CredentialError):
        return store.read(reference, host, machine) if reference.ours else None
    return None


def _put_back(reference: KeyReference, host: str, old: Secret | None, machine: Machine) -> None:
    """As far as a store lets us that has just refused something."""
    with suppress(CredentialError):
        if old is None:
            store.forget(reference, host, machine)
        elif reference.ours:
            store.write(reference, host, old, machine)


def _drop(machine: Machine, before: Profile, old: KeyReference, kept: Profile, report: Report) -> None:
    """The file holds one key a profile, so that writing another host's has replaced it already.

    A store that is locked or gone keeps the copy: that is why people leave it, and nothing else depends on it by now.
    """
    if old == kept.key and old.kind != "keyring":
        return
    try:
        store.forget(old, host_of(before), machine)
    except CredentialError as problem:
        report.warn(
            f"a key that nothing reads any more may still be in {external_reference.reference_in_words(old)}: {problem.message}"
        )


def _place(kept: Profile) -> KeyReference:
    if kept.key is None:
        raise StoreUnusable(f"the profile `{kept.name}` names no place for its key", "pass `--store keyring`")
    return kept.key


def _chosen(machine: Machine, ask: Ask | None) -> ReferenceKind:
    from posthog_wizard.credentials import keyring_store

    keyring = keyring_store.available()
    if keyring is None:
        return file_instead(machine, ask)
    if ask is None:
        return STORES["keyring"]
    rows = [("keyring", f"In the keyring ({keyring}), recommended"), ("file", f"In a file: {_in_file(machine)}")]
    return STORES["file" if ask.choose_one("Where should the key be stored?", rows) == "file" else "keyring"]


def file_instead(machine: Machine, ask: Ask | None) -> ReferenceKind:
    """The file, where there is no keyring and the user agrees. Raises MissingInput where nobody can be asked, Cancelled."""
    if ask is None:
        raise MissingInput(
            "there is no keyring on this machine, and no terminal to ask whether a file will do",
            f"`--store file` keeps the key in `{file_store.key_file(machine)}`, which only you can read",
        )
    if not ask.confirm(f"There is no keyring here. Keep the key {_in_file(machine)}?"):
        raise Cancelled
    return STORES["file"]


def _in_file(machine: Machine) -> str:
    return f"in {file_store.key_file(machine)}, which only you can read, in plain text"
