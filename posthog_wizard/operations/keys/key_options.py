"""The flags of the `key` commands, and what they mean together."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import api_base, region_of
from posthog_wizard.credentials import external_reference, profiles
from posthog_wizard.credentials.profiles import DEFAULT, Profile, profile_flag
from posthog_wizard.credentials.reference import KeyReference, parse_reference
from posthog_wizard.errors import NothingFound, WrongUsage
from posthog_wizard.model import Machine
from posthog_wizard.operations.connection import Connection, connection


class KeyOptions(NamedTuple):
    """The flags of `key set` and `key rotate`, in the order of the help."""

    profile: str | None = None
    region: Literal["us", "eu"] | None = None
    host: str | None = None
    store: Literal["keyring", "file"] | None = None
    reference: str | None = None
    api_key_stdin: bool = False
    api_key_file: Path | None = None
    no_verify: bool = False
    allow_http: bool = False
    ca_file: Path | None = None
    yes: bool = False  # nobody need be asked: the user has said yes already

    @property
    def host_given(self) -> bool:
        """Whether flags say which PostHog."""
        return self.host is not None or self.region is not None


class KeyRequest(NamedTuple):
    """The flags together with the profile as it is, once they make sense."""

    options: KeyOptions
    profile: Profile
    connection: Connection
    reference: KeyReference | None


def key_request(machine: Machine, options: KeyOptions) -> KeyRequest:
    """What the flags mean for their profile. Raises WrongUsage for contradictions, ConfigError for the file."""
    reference = None
    if options.reference is not None:
        if options.store is not None or options.api_key_stdin or options.api_key_file is not None:
            raise WrongUsage(
                "`--reference` says where a key stays that this program does not keep",
                "leave `--store` and the key's flags out",
            )
        reference = parse_reference(options.reference)
        if reference.ours:
            raise WrongUsage(f"`{reference.kind}` is one of our own stores", "use `--store keyring` or `--store file`")
        if reference.kind == "file":
            reference = reference._replace(name=str(external_reference.reference_path(reference, machine)))
    profile = profile_called(machine, options.profile)
    named = options.host if options.host_given else profile.host
    where = connection(
        host=named,
        region=options.region,
        server="local",
        allow_http=options.allow_http or (not options.host_given and bool(named)),  # the user has agreed to it once
        ca_file=options.ca_file,
    )
    return KeyRequest(options, profile, where, reference)


def profile_called(machine: Machine, name: str | None) -> Profile:
    """The profile of that name (None: the usual one) as it is; where there is none, one that says nothing."""
    return profiles.profile(machine, name or DEFAULT) or Profile(name or DEFAULT)


def existing(machine: Machine, name: str | None) -> Profile:
    """The profile of that name, which names a key. Raises NothingFound where there is none."""
    kept = profile_called(machine, name)
    if kept.key is None:
        known = ", ".join(f"`{one.name}`" for one in profiles.profiles(machine))
        raise NothingFound(
            f"there is no key in a profile `{kept.name}` in `{profiles.profiles_file(machine)}`",
            f"there is {known}: `--profile NAME`" if known else "store one with `posthog-wizard key set`",
        )
    return kept


def place_in_words(kept: Profile) -> str:
    """Where the profile's key is kept."""
    return external_reference.reference_in_words(kept.key) if kept.key else "nowhere"


def adding_command(kept: Profile) -> str:
    """The command that lets clients use the profile's key."""
    host = host_of(kept)
    hosted = f" --host {kept.host}" if region_of(host) == "self-hosted" else ""
    return f"posthog-wizard mcp add --secret store{profile_flag(kept.name)}{hosted}"


def host_of(kept: Profile) -> str:
    """The base URL to which the profile's key is bound; empty where the profile does not say."""
    return api_base(kept.host, allow_http=True) if kept.host else ""
