"""Where an entry leads, and with which key, as its client and its program understand it.

A host is PostHog's where somebody says so: Cloud's by its name, others by profile, flag or journal. The path of a
proxy, or a header that begins as a key does, is written by anybody.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from posthog_wizard.api.hosts import CLOUD, api_base
from posthog_wizard.api.key_format import read_key
from posthog_wizard.clients.entries import AUTHORIZATION, EntryFields
from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of, said_words
from posthog_wizard.clients.variables import expand_variables, unset
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.doctor.client_files.client_environment import client_environment, handed_over
from posthog_wizard.doctor.context import Trusted
from posthog_wizard.errors import CredentialError, WrongUsage
from posthog_wizard.invocation import Invocation, invocation_of
from posthog_wizard.model import Json, Limits, Machine, Remote, Secret, Stdio
from posthog_wizard.plan.limits import limits_in
from posthog_wizard.settings import Flags, KeySource, resolve_settings

BOTH = tuple(CLOUD.values())
_REGIONS = {"mcp-eu.posthog.com": "eu", "mcp.eu.posthog.com": "eu", "mcp.us.posthog.com": "us"}


class Destination(NamedTuple):
    """Where an entry leads. `bases` are the PostHogs that its key may be for: several while its region is open.

    `url` is the MCP server's address, where there is one beyond the program that the client starts. `kept` is a key
    in a store, which nobody has read yet.
    """

    key: Secret | None = None
    bases: tuple[str, ...] = ()
    url: str | None = None
    limits: Limits = Limits()
    allow_http: bool = False
    ca_file: Path | None = None
    kept: KeySource | None = None


def variables(entry: Trusted, machine: Machine) -> Mapping[str, str]:
    """The environment of the program that the entry starts."""
    given, schema = client_environment(entry.client, machine), entry.found.place.schema
    return {
        **handed_over(entry.client, machine, entry.fields.handed_on),
        **{name: expand_variables(schema, text, given) for name, text in texts(entry.fields.environment).items()},
    }


def headers(entry: Trusted, machine: Machine) -> Mapping[str, str]:
    """The headers that the client sends."""
    given, schema = client_environment(entry.client, machine), entry.found.place.schema
    named = given.get(entry.fields.variable or "")
    key = {} if named is None else {AUTHORIZATION: f"Bearer {named}"}
    return key | {name: expand_variables(schema, text, given) for name, text in texts(entry.fields.headers).items()}


def unset_variables(entry: Trusted, machine: Machine) -> tuple[str, ...]:
    """The variables that the entry's values refer to, and that its client does not see."""
    given, schema = client_environment(entry.client, machine), entry.found.place.schema
    values = [*texts(entry.fields.environment).values(), *texts(entry.fields.headers).values()]
    named = (entry.fields.variable,) if entry.fields.variable and entry.fields.variable not in given else ()
    return tuple(dict.fromkeys((*named, *(name for text in values for name in unset(schema, text, given)))))


def key_defect(text: str, *, hosted: bool = False, signed_in: bool = False) -> CredentialError | None:
    """What is wrong with a key by its looks; None where nothing is. See `read_key`."""
    try:
        read_key(text, hosted=hosted, signed_in=signed_in)
    except CredentialError as problem:
        return problem
    return None


def texts(holder: Json) -> Mapping[str, str]:
    """The strings of an object; empty for what is none."""
    return {k: v for k, v in holder.items() if isinstance(v, str)} if isinstance(holder, Mapping) else {}


def destination_of(entry: Trusted, machine: Machine) -> Destination:
    """Where the entry leads; nowhere for a program that nobody knows."""
    if isinstance(entry.server, Stdio):
        found = _program(entry.fields, machine._replace(environment=variables(entry, machine)))
    elif isinstance(entry.server, Remote):
        sent = {name.lower(): text for name, text in headers(entry, machine).items()}
        scheme, _, token = sent.get(AUTHORIZATION.lower(), "").strip().partition(" ")
        key = Secret(token.strip()) if scheme.lower() == "bearer" and token.strip() else None
        found = Destination(key, _bases_of(entry.server.url), entry.server.url, limits_in(entry.fields))
    else:
        return Destination()
    proxy = proxy_of(entry.fields)  # of an installed server: the key is for the PostHog that speaks for it
    if proxy is None:
        return found
    with suppress(WrongUsage):  # the trial says so
        return found._replace(bases=(api_base(proxy.base, allow_http=True),))
    return found._replace(bases=())


def _bases_of(url: str) -> tuple[str, ...]:
    """The PostHogs behind an MCP server's address: none for an address that is not PostHog's."""
    proxy = proxy_of(EntryFields(url))
    if proxy is not None:
        return (proxy.base,)
    if not HOSTED_ADDRESS.match(url):
        return ()
    parts = urlsplit(url)
    region = _REGIONS.get(parts.hostname or "") or next(iter(parse_qs(parts.query).get("region", ())), "")
    return tuple(base for name, base in CLOUD.items() if name == region) or BOTH


def _program(fields: EntryFields, machine: Machine) -> Destination:
    said = invocation_of(fields.words)
    if said is None:
        key = key_from_environment(machine.environment, started_by_a_client=True).key
        url = next(filter(HOSTED_ADDRESS.match, said_words(fields)), "")
        return Destination(key, _bases_of(url), url, limits_in(fields))
    try:
        return _ours(said.complete, machine)._replace(allow_http=said.allow_http, ca_file=said.ca_file)
    except WrongUsage:  # the program itself says so when it is tried
        return Destination()


def _ours(said: Invocation, machine: Machine) -> Destination:
    """What our own program makes of its flags, its environment and the profile. Raises WrongUsage."""
    url = said.url
    told = Flags(said.profile, said.host, said.region, said.limits, allow_http=True, address=url)
    given = resolve_settings(machine, told, started_by_a_client=True)
    if said.sandbox:
        return Destination(limits=given.limits)
    open_bases = BOTH if url is None else _bases_of(url)
    bases = (given.host,) if given.host and open_bases else open_bases
    if given.key is None or given.key.source == "store":
        return Destination(None, bases, url, given.limits, kept=given.key)
    return Destination(given.key.read(), bases, url, given.limits)
