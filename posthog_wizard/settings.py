"""Which key, host and limits a command works with that changes no client, and where each of them came from.

A flag wins over the environment, the environment over the profile; each value is looked for by itself. What a profile
says of keys and limits is true of its own host only.

A key from a client's entry has the source `file` in JSON documents, which know no word of their own for it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from posthog_wizard.api.hosts import api_base, hosts_to_ask, region_of
from posthog_wizard.credentials import external_reference
from posthog_wizard.credentials.environment import AUTH_HEADER_VARIABLE, EnvironmentKey, key_from_environment
from posthog_wizard.credentials.profiles import (
    DEFAULT,
    Profile,
    check_name,
    profile,
    profile_flag,
    profiles,
    profiles_file,
)
from posthog_wizard.errors import CredentialError, NoStoredKey, WizardError, WrongHost
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.model import LIMITS_TOGETHER, NOTHING, Limits, Machine, Secret
from posthog_wizard.net.addresses import origin_of

_SettingOrigin = Literal["flag", "environment", "profile"]
HOST, ORGANIZATION, PROJECT = "POSTHOG_HOST", "POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID"


class Flags(NamedTuple):
    """What the command line says. `address`: the hosted MCP server that gets the key, for who asks no API (`bridge`)."""

    profile: str | None = None  # None: the one called `default`, if there is one
    host: str | None = None
    region: str | None = None
    limits: Limits = Limits()
    allow_http: bool = False
    address: str | None = None


class KeySource(NamedTuple):
    """Where the key is. `read` may take seconds, and is asked again after a 401 where the key `may_change`.

    `read` raises CredentialError: locked, missing, of another host.
    """

    source: Literal["env", "store"]
    words: str  # for messages: "the environment variable `POSTHOG_API_KEY`", "the keyring (profile `work`)"
    read: Callable[[], Secret]
    may_change: bool = False
    renew: Callable[[Secret], Secret] | None = None  # as `read`, and not the one that was refused if that can be helped
    offline: Callable[[], Secret] | None = None  # as `read`, and no other machine is asked

    def now(self, *, offline: bool) -> Secret:
        """As `read`, with leave to ask other machines or without it."""
        return self.offline() if offline and self.offline is not None else self.read()

    def after(self, refused: Secret | None) -> Secret:
        """The key of now, after PostHog refused that one."""
        return self.read() if refused is None or self.renew is None else self.renew(refused)


class Settings(NamedTuple):
    """What a command works with. `key` is None where nothing names one; `defect` says why, when there is more to say.

    `host` is a base URL, None where nothing says it: then it is the region that accepts the key. `origins` tells where
    `host`, `key`, `organization`, `project`, `features`, `tools` and `read_only` came from; what nothing says is not
    in it. `profile` is None where there is none of that name, or where it was not looked at.
    """

    key: KeySource | None = None
    host: str | None = None
    limits: Limits = Limits()
    origins: Mapping[str, _SettingOrigin] = NOTHING
    profile: Profile | None = None
    notes: tuple[str, ...] = ()
    defect: WizardError | None = None

    @property
    def bound_key(self) -> KeySource | None:
        """The key; None also where a profile that cannot be read may name the PostHog that it is for."""
        return None if self.defect is not None and self.host is None else self.key


def resolve_settings(machine: Machine, flags: Flags = Flags(), *, started_by_a_client: bool = False) -> Settings:  # noqa: B008 - frozen
    """Flags, environment and profile together. Nothing is read from a store yet: that is `key.read()`.

    `started_by_a_client`: POSTHOG_AUTH_HEADER counts too. An entry that brings its key in it has said all that it wants
    to say, and the profile is looked at only when it is named. A profile that is unreadable or missing is the `defect`.

    Raises:
        WrongUsage: flags that cannot be combined, an address or a profile's name that is none.
    """
    found = key_from_environment(machine.environment, started_by_a_client=started_by_a_client)
    complete = found.variable == AUTH_HEADER_VARIABLE and flags.profile is None
    kept, defect = (None, None) if complete else _kept(machine, flags)
    kept_host = kept.host if kept else None
    host, origin = _host(flags, machine.environment, kept_host)
    fits = kept is not None and (kept_host in {None, host} or flags.address is not None)
    limits, origins = _limits(flags.limits, machine.environment, kept.limits if kept and fits else Limits())
    origins |= {"host": origin} if origin else {}
    key, problem = _key(found, machine, kept, flags, kept_host, host)
    if key:
        origins["key"] = "environment" if key.source == "env" else "profile"
    notes = found.notes
    if found.key is not None and flags.profile is not None:
        notes = (*notes, f"the key of {found.variable} is used, not that of the profile `{flags.profile}`")
    passed = CredentialError(found.notes[0], found.hint) if found.notes and key is None else None
    return Settings(key, host, limits, origins, kept, notes, defect or problem or passed)


def named_hosts(machine: Machine, *flags: str) -> frozenset[str]:
    """The PostHogs that this user's own profiles name, and those of flags, as base URLs; Cloud's among them.

    Profiles that cannot be read name none, nor does a host that is no address: the commands that need one say so.
    """
    named = set(flags)
    with suppress(WizardError):
        for host in [one.host for one in profiles(machine) if one.host]:
            with suppress(WizardError):
                named.add(api_base(host, allow_http=True))
    return frozenset(named)


def stored_key(machine: Machine, kept: Profile, host: str | None) -> KeySource:
    """The key of a profile, for the PostHog at `host` (a base URL; None: the profile's own). Raises WrongHost, NoStoredKey."""
    own = api_base(kept.host, allow_http=True) if kept.host else None
    if kept.key is None:
        raise NoStoredKey(
            f"the profile `{kept.name}` in `{profiles_file(machine)}` names no key",
            f"store one: `posthog-wizard key set{profile_flag(kept.name)}`",
        )
    if own and host and own != host:
        raise _wrong_host(kept, own, host)
    if kept.key.ours and not (own or host):
        raise NoStoredKey(
            f"the profile `{kept.name}` in `{profiles_file(machine)}` names no host, so its key may go nowhere",
            f"store the key again: `posthog-wizard key set{profile_flag(kept.name)}`",
        )
    words = f"{external_reference.reference_in_words(kept.key)} (profile `{kept.name}`)"

    def read(refused: Secret | None = None, *, offline: bool = False) -> Secret:
        from posthog_wizard.sign_in.shared_token import current_key  # noqa: PLC0415 - only where a key is read

        return current_key(kept, str(own or host), machine, refused, offline=offline)

    return KeySource("store", words, read, may_change=True, renew=read, offline=partial(read, offline=True))


def may_go(kept: Profile, address: str) -> bool:
    """Whether the profile's key may be sent to a hosted MCP server.

    PostHog's own server serves both regions of its cloud; any other must be the profile's `mcp_url`, or its host.
    """
    target = origin_of(urlsplit(address))
    own = [kept.mcp_url, kept.host and api_base(kept.host, allow_http=True)]
    if kept.host is None or region_of(api_base(kept.host, allow_http=True)) != "self-hosted":
        own.append(HOSTED_MCP_URL)
    return target in {origin_of(urlsplit(one)) for one in own if one}


def _kept(machine: Machine, flags: Flags) -> tuple[Profile | None, WizardError | None]:
    """The profile, its host in the usual spelling, or why there is none though it was asked for."""
    name = flags.profile
    check_name(name or DEFAULT)
    try:
        found = profile(machine, name or DEFAULT)
        if found is not None and found.host is not None:
            found = found._replace(host=api_base(found.host, allow_http=flags.allow_http))
    except WizardError as problem:
        return None, problem
    if found is None and name is not None:
        return None, NoStoredKey(
            f"there is no profile `{name}` in `{profiles_file(machine)}`",
            f"make it with `posthog-wizard key set{profile_flag(name)}`, or see `posthog-wizard key show`",
        )
    return found, None


def _key(
    found: EnvironmentKey, machine: Machine, kept: Profile | None, flags: Flags, kept_host: str | None, host: str | None
) -> tuple[KeySource | None, CredentialError | None]:
    """The environment's key, else the profile's, or why it is none for this host."""
    key = found.key
    if key is not None:
        return KeySource("env", f"the environment variable `{found.variable}`", lambda: key), None
    if kept is None or (kept.key is None and flags.profile is None):
        return None, None
    try:
        if flags.address is None:
            return stored_key(machine, kept, host), None
        if not may_go(kept, flags.address):
            raise _wrong_host(kept, kept_host or "PostHog Cloud", origin_of(urlsplit(flags.address)))
        return stored_key(machine, kept, kept_host), None
    except CredentialError as problem:
        return None, problem


def _wrong_host(kept: Profile, own: str, asked: str) -> WrongHost:
    return WrongHost(
        f"the key of the profile `{kept.name}` is for `{own}`, and is not sent to `{asked}`",
        "name a profile of that PostHog with `--profile NAME`, or make one with `posthog-wizard key set --profile NAME`",
    )


def _host(flags: Flags, environment: Mapping[str, str], kept: str | None) -> tuple[str | None, _SettingOrigin | None]:
    named = flags.host is not None or flags.region is not None
    asked = flags.host if named else environment.get(HOST) or None
    if flags.address is None and (named or asked):
        base = hosts_to_ask(flags.region, asked, allow_http=flags.allow_http)[0]
        return base, "flag" if named else "environment"
    return kept, "profile" if kept else None


def _limits(said: Limits, environment: Mapping[str, str], kept: Limits) -> tuple[Limits, dict[str, _SettingOrigin]]:
    variables = Limits(environment.get(ORGANIZATION) or None, environment.get(PROJECT) or None)
    sides: tuple[tuple[_SettingOrigin, Limits], ...] = (("flag", said), ("environment", variables), ("profile", kept))
    chosen, origins = said, dict[str, _SettingOrigin]()
    for fields in LIMITS_TOGETHER:
        origin, limits = next((side for side in sides if any(getattr(side[1], field) for field in fields)), sides[0])
        values = {field: getattr(limits, field) for field in fields}
        chosen = chosen._replace(**values)
        origins |= {field: origin for field, value in values.items() if value}
    return chosen, origins
