"""Which PostHog and which server the flags mean."""

from os.path import isfile
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from posthog_wizard.api.hosts import CloudRegion, hosts_to_ask, region_of
from posthog_wizard.errors import WrongUsage
from posthog_wizard.invocation import HOSTED_MCP_URL, Invocation, flag_called, parse_names
from posthog_wizard.model import Limits, Machine
from posthog_wizard.net.addresses import is_loopback, parse_address
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.settings import HOST

# What `mcp serve` has, and the hosted server has not.
_OURS_ALONE = frozenset(["api", "api-search", "api-describe", "api-read", "api-write"])


class Connection(NamedTuple):
    """A PostHog, and the MCP server that stands before it."""

    kind: Literal["hosted", "local"]
    address: str | None  # hosted: the endpoint; local: the API's base URL, None while the key's region is unknown
    hosts: tuple[str, ...]  # the API base URLs that may know the key
    allow_http: bool = False
    ca_file: Path | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """For entries that start our program."""
        ca_file = self.ca_file.absolute() if self.ca_file else None
        return Invocation("serve", allow_http=self.allow_http, ca_file=ca_file).flags

    @property
    def exposed(self) -> tuple[str, ...]:
        """The addresses to which the key travels where others can read it: plain http beyond this machine."""
        urls = dict.fromkeys(url for url in (self.address, *self.hosts) if url is not None)
        return tuple(url for url in urls if url.startswith("http:") and not is_loopback(urlsplit(url).hostname or ""))


def connection(
    *,
    host: str | None = None,
    region: CloudRegion | None = None,
    server: Literal["hosted", "local"] | None = None,
    mcp_url: str | None = None,
    allow_http: bool = False,
    ca_file: Path | None = None,
) -> Connection:
    """What the flags mean together. Raises WrongUsage where they cannot be combined."""
    if ca_file is not None and not isfile(ca_file):  # noqa: PTH113 - Path.is_file fails where we may not look
        raise WrongUsage(f"there is no file `{ca_file}`", "pass a file with certificates (PEM) with `--ca-file`")
    hosts = hosts_to_ask(region, host, allow_http=allow_http)
    base = hosts[0] if host is not None or region is not None else None
    self_hosted = base is not None and region_of(base) == "self-hosted"
    if mcp_url is not None and server == "local":
        raise WrongUsage(
            "`--mcp-url` is an address of a hosted server, `--server local` starts our own", "leave one of them out"
        )
    if server == "hosted" and self_hosted and mcp_url is None:
        raise WrongUsage(
            f"PostHog's hosted MCP server cannot reach `{base}`",
            "leave `--server hosted` out: ours can, or name an endpoint with `--mcp-url`",
        )
    kind = server or ("local" if self_hosted and mcp_url is None else "hosted")
    if mcp_url is not None:
        parse_address(mcp_url, allow_http=allow_http, flag="--mcp-url")
    endpoint = mcp_url or HOSTED_MCP_URL
    return Connection(kind, endpoint if kind == "hosted" else base, hosts, allow_http, ca_file)


def host_in_environment(machine: Machine, report: Report) -> str | None:
    """The PostHog that the environment names, which is told; None where it names none."""
    named = machine.environment.get(HOST) or None
    if named:
        report.say(f"{HOST} says which PostHog: `{named}`")
    return named


def limits_of(said: Invocation) -> Limits:
    """The limits that a command line names. Raises WrongUsage where they cannot be combined, and for one that says nothing.

    That is what a variable that is not set gives in a script, where no limit would be the opposite of what is meant.
    """
    for name in ("organization", "project", "features", "tools"):
        value = getattr(said, name)
        if value is not None and not parse_names(value):
            flag = flag_called(name).spelled
            raise WrongUsage(
                f"`{flag}` says nothing, so that nothing would be limited", "name something, or leave it out"
            )
    if said.mode is not None and said.program == "serve":
        raise WrongUsage("`--mode` only applies to the hosted server", "leave it out with `--server local`")
    if said.mode == "cli" and (said.features or said.tools):
        raise WrongUsage("`--features` and `--tools` need `--mode tools`", "leave `--mode cli` out")
    if said.program == "bridge":
        refuse_ours(said.limits)
    return said.limits


def refuse_misnumbered(project: str | None) -> None:
    """Raise WrongUsage for a project that is no number."""
    if project is not None and not project.isdecimal():
        raise WrongUsage(
            f"`--project` is `{project}`, not a project's number", "take the number from the address /project/NUMBER"
        )


def refuse_ours(limits: Limits) -> None:
    """Raise WrongUsage for what the hosted server has not: it ignores such names, and might offer everything."""
    if ours := next((name for name in (*limits.features, *limits.tools) if name.lower() in _OURS_ALONE), None):
        raise WrongUsage(f"PostHog's hosted server has no `{ours}`", "use our own: pass `--server local`")
