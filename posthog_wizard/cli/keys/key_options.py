"""The flags of the `key_input` commands, and what they mean together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import typer

from posthog_wizard.api.hosts import api_base
from posthog_wizard.cli import shared_options
from posthog_wizard.cli.connection import Connection, connection
from posthog_wizard.cli.key_input import Given, given_key
from posthog_wizard.credentials import external_reference, profiles
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.credentials.reference import KeyReference, parse_reference
from posthog_wizard.errors import NothingFound, WrongUsage
from posthog_wizard.model import Machine

KeyStoreOption = Annotated[
    Literal["keyring", "file"] | None,
    typer.Option(
        "--store",
        help="The system's keyring, or a file that only you can read.",
        rich_help_panel=shared_options.KEY_PANEL,
        show_default=False,
    ),
]
ReferenceOption = Annotated[
    str | None,
    typer.Option(
        "--reference",
        metavar="REF",
        help="The key stays elsewhere: `env:NAME`, `file:PATH` or `command:ARGV`.",
        rich_help_panel=shared_options.KEY_PANEL,
        show_default=False,
    ),
]


class KeyRequest(NamedTuple):
    """What the command line of `key set` or `key rotate` says, once it makes sense."""

    profile: str
    kept: Profile | None  # the profile as it is
    connection: Connection
    host_given: bool
    store: Literal["keyring", "file"] | None
    reference: KeyReference | None
    stdin: bool
    file: Path | None
    contact: bool

    def given(self) -> Given:
        """The key that a flag brings; none where it shall be asked for."""
        return given_key(None, stdin=self.stdin, file=self.file, environment={})


def key_request(
    machine: Machine,
    *,
    profile: str | None,
    host: str | None,
    region: Literal["us", "eu"] | None,
    store: Literal["keyring", "file"] | None,
    reference: str | None,
    stdin: bool,
    file: Path | None,
    verify: bool,
    allow_http: bool,
    ca_file: Path | None,
) -> KeyRequest:
    """The flags together with the profile as it is. Raises WrongUsage for contradictions, ConfigError for the file."""
    if reference is not None and (store is not None or stdin or file is not None):
        raise WrongUsage(
            "`--reference` says where a key stays that this program does not keep",
            "leave `--store` and the key's flags out",
        )
    elsewhere = parse_reference(reference) if reference is not None else None
    if elsewhere is not None and elsewhere.ours:
        raise WrongUsage(f"`{elsewhere.kind}` is a store of ours", "use `--store keyring` or `--store file`")
    if elsewhere is not None and elsewhere.kind == "file":
        elsewhere = elsewhere._replace(name=str(external_reference.reference_path(elsewhere, machine)))
    kept = profiles.profile(machine, profile or DEFAULT)
    given = host is not None or region is not None
    named = host if given or kept is None else kept.host
    plain = allow_http or (not given and bool(named))  # the user has agreed to this host's http once
    return KeyRequest(
        profile or DEFAULT,
        kept,
        connection(host=named, region=region, server="local", mcp_url=None, allow_http=plain, ca_file=ca_file),
        given,
        store,
        elsewhere,
        stdin,
        file,
        verify,
    )


def existing(machine: Machine, name: str) -> Profile:
    """The profile of that name, which names a key. Raises NothingFound where there is none."""
    kept = profiles.profile(machine, name)
    if kept is None or kept.key is None:
        known = ", ".join(f"`{one.name}`" for one in profiles.profiles(machine))
        raise NothingFound(
            f"there is no key in a profile `{name}` in `{profiles.profiles_file(machine)}`",
            f"there is {known}: `--profile NAME`" if known else "store one with `posthog-wizard key set`",
        )
    return kept


def host_of(kept: Profile) -> str:
    """The base URL to which the profile's key is bound; empty where the profile does not say."""
    return api_base(kept.host, allow_http=True) if kept.host else ""
