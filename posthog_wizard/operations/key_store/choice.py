"""Which store takes a key, and that it is there when the profile says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from posthog_wizard.api.hosts import app_list
from posthog_wizard.credentials import external_reference, file_store, profiles, store
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.credentials.reference import STORES, KeyReference
from posthog_wizard.errors import Cancelled, CredentialError, MissingInput, StoreUnusable, WizardError, WriteRefused
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold
from posthog_wizard.model import Limits, Machine, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import Given, KeyCheck, check_key_or_ask, given_key
from posthog_wizard.operations.keys.key_options import KeyRequest, host_of, profile_called
from posthog_wizard.sign_in.shared_token import end_access, renewing_alone, stored_token
from posthog_wizard.sign_in.token import OAuthToken


def usual_store(
    machine: Machine,
    profile: Profile,
    where: Literal["keyring", "file"] | None,
    ask: Ask | None,
    *,
    held: bool = False,
    offered: bool = False,
) -> KeyReference:
    """The store that flags say, else the place that has the profile's key already, else the keyring, else a file.

    `held`: the key comes from that place, whosoever it is. `offered`: the user may prefer the file to the keyring.
    Raises MissingInput where there is no keyring and nobody to ask, Cancelled.
    """
    if where is not None:
        return KeyReference(STORES[where], profile.name)
    if profile.key is not None and (profile.key.ours or held):
        return profile.key
    from posthog_wizard.credentials import keyring_store

    keyring, file = keyring_store.available(), file_store.key_file(machine)
    in_file = f"in {file}, which only you can read, in plain text"
    if keyring is None:
        if ask is None:
            raise MissingInput(
                "there is no keyring on this machine, and no terminal to ask whether a file will do",
                f"`--store file` keeps the key in `{file}`, which only you can read",
            )
        if not ask.confirm(f"There is no keyring here. Keep the key {in_file}?"):
            raise Cancelled
        return KeyReference(STORES["file"], profile.name)
    rows = [("keyring", f"In the keyring ({keyring}), recommended"), ("file", f"In a file: {in_file}")]
    chosen = ask.choose_one("Where should the key be stored?", rows) if ask is not None and offered else "keyring"
    return KeyReference(STORES["file" if chosen == "file" else "keyring"], profile.name)


def prove_store(place: KeyReference, host: str, machine: Machine) -> None:
    """Write something, read it, take it out: what PostHog gives is given only once. Raises CredentialError."""
    probe, secret = place._replace(name=f"{place.name}.probe"), Secret("phx_probe_of_the_store")
    with hold(machine, this_disk(), "login"):
        store.write(probe, host, secret, machine)
        try:
            same = store.read(probe, host, machine) == secret
        finally:
            store.forget(probe, host, machine)
    if not same:
        raise StoreUnusable(
            f"{external_reference.reference_in_words(place)} returned something other than what was stored in it",
            "use the other store: `--store keyring` or `--store file`",
        )


def offered_key(wanted: KeyRequest, machine: Machine, ask: Ask | None, report: Report) -> tuple[KeyReference, KeyCheck]:
    """Where the key that the flags name goes, and what PostHog says of it; where they name none it is asked for.

    Raises MissingInput, Cancelled, CredentialError, BadKey, Unreachable.
    """
    options, profile, where = wanted.options, wanted.profile, wanted.connection
    if wanted.reference is not None:
        place, given = wanted.reference, Given(store.read(wanted.reference, "", machine), "store")
    else:
        stdin = report.standard_input if options.api_key_stdin else None
        given = given_key(None, stdin=stdin, file=options.api_key_file, environment={})
        if given.key is None and ask is None:
            raise MissingInput(
                "no PostHog personal API key was given, and there is no terminal to ask for one",
                "pass it with `--api-key-stdin` or `--api-key-file PATH`, or say where it is: `--reference env:NAME`",
            )
        place = usual_store(machine, profile, options.store, ask, offered=True)
    limits = profile.limits if host_of(profile) in where.hosts else Limits()
    return place, check_key_or_ask(where, limits, given, ask, report, contact=not options.no_verify)


def keep(
    machine: Machine,
    kept: Profile,
    key: Secret,
    before: Profile,
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
    reference, host = kept.key, host_of(kept)
    if reference is None:
        raise StoreUnusable(f"the profile `{kept.name}` names no place for its key", "pass `--store keyring`")
    was = host_of(before)
    with renewing_alone(before, was, machine), hold(machine, this_disk(), command):
        access = access_of(before, machine, report)
        if replaces is not None:
            _demand_still(machine, before, replaces)
        with _put_back_if_refused(reference, host, machine):
            if reference.ours:
                store.write(reference, host, key, machine)
                if store.read(reference, host, machine) != key:
                    raise StoreUnusable(
                        f"{external_reference.reference_in_words(reference)} returned a different key from the one that was stored in it",
                        "use the other store: `--store keyring` or `--store file`",
                    )
            profiles.save(machine, kept)
        if before.key is not None and (before.key, was) != (reference, host):
            _drop(machine, before, before.key, kept, report)
    left = end_access(was, access) if access is not None else None
    if left is None:
        return None
    report.warn(f"the access that was there could not be revoked: {left.message}; {left.hint}")
    return app_list(was)


def access_of(kept: Profile, machine: Machine, report: Report) -> OAuthToken | None:
    """What a profile holds that can be revoked; None for a key, and where the store does not give it, which is said."""
    if kept.key is None or kept.way != "oauth":
        return None
    try:
        return stored_token(kept, host_of(kept), machine)
    except CredentialError as problem:
        report.warn(f"the access that was there cannot be revoked from here: {problem.message}")
        return None


def _demand_still(machine: Machine, before: Profile, key: Secret) -> None:
    """Two rotations that began with the same old key would leave clients with one new key and the store with the other."""
    same = profile_called(machine, before.name) == before
    if (
        same and before.key is not None and before.key.ours
    ):  # what a person stored there may have blanks or a `Bearer` around the key
        same = key.reveal() in store.read(before.key, host_of(before), machine).reveal()
    if not same:
        raise WriteRefused(
            f"another command has changed the key of the profile `{before.name}` meanwhile",
            f"look with `posthog-wizard key show{profile_flag(before.name)}`, then run this again if it is still needed",
        )


@contextmanager
def _put_back_if_refused(reference: KeyReference, host: str, machine: Machine) -> Iterator[None]:
    """What stands where a key is written comes back, as far as a store lets us that has just refused something."""
    old = None
    with suppress(CredentialError):  # what cannot be read will not be written either, which then is said
        old = store.read(reference, host, machine) if reference.ours else None
    try:
        yield
    except WizardError:
        with suppress(CredentialError):
            if old is None:
                store.forget(reference, host, machine)
            else:
                store.write(reference, host, old, machine)
        raise


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
