"""Where keys are kept, and the one door to read, write and forget them. No store stands in for another."""

from __future__ import annotations

from posthog_wizard.credentials import external_reference, file_store
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Machine, Secret


def read(reference: KeyReference, host: str, machine: Machine) -> Secret:
    """The key at the reference, for the PostHog at `host` (a base URL as `api.hosts.api_base` gives it).

    May take as long as the keyring's user or the command (`keyring_store.PATIENCE`, `external_reference.COMMAND_LIMIT`). A key in
    a store of ours is given for its own host alone; that of another place belongs to the host of its profile, which is
    the caller's to compare. Raises CredentialError, never gives an empty key.
    """
    if reference.kind == "keyring":
        from posthog_wizard.credentials import keyring_store  # noqa: PLC0415 - seldom needed, and not light

        return keyring_store.read(reference.name, host)
    if reference.kind == "file-store":
        return file_store.read(reference.name, host, machine)
    return external_reference.read_external(reference, machine)


def write(reference: KeyReference, host: str, key: Secret, machine: Machine) -> None:
    """Keep the key. Raises CredentialError, and WrongUsage for a place that is not ours to write to."""
    if reference.kind == "keyring":
        from posthog_wizard.credentials import keyring_store  # noqa: PLC0415 - as above

        keyring_store.write(reference.name, host, key)
    elif reference.kind == "file-store":
        file_store.write(reference.name, host, key, machine)
    else:
        raise WrongUsage(
            f"{external_reference.reference_in_words(reference)} is not ours to write to",
            "change the key there, or keep it with `--store keyring` or `--store file`",
        )


def forget(reference: KeyReference, host: str, machine: Machine) -> None:
    """Keep the key no longer; a place that is not ours is left as it is. Raises CredentialError."""
    if reference.kind == "keyring":
        from posthog_wizard.credentials import keyring_store  # noqa: PLC0415 - as above

        keyring_store.forget(reference.name, host)
    elif reference.kind == "file-store":
        file_store.forget(reference.name, machine)
