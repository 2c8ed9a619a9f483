"""Which PostHog and which server the flags mean."""

from __future__ import annotations

from os.path import isfile
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from posthog_wizard.api.hosted import HOSTED_MCP_URL
from posthog_wizard.api.hosts import SANDBOX_BASE, CloudRegion, hosts_to_ask, is_loopback, region_of
from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Limits


class Connection(NamedTuple):
    """A PostHog, and the MCP server that stands before it."""

    kind: Literal["hosted", "local"]
    address: str | None  # hosted: the endpoint; local: the API's base URL, None while the key's region is unknown
    hosts: tuple[str, ...]  # the API base URLs that may know the key
    flags: tuple[str, ...]  # for entries that start our program
    ca_file: Path | None

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
    """What the flags mean together. Raises WrongUsage where they contradict each other."""
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
    endpoint = _endpoint(mcp_url, allow_http=allow_http) if mcp_url is not None else HOSTED_MCP_URL
    flags = _flags(allow_http=allow_http, ca_file=ca_file)
    return Connection(kind, endpoint if kind == "hosted" else base, hosts, flags, ca_file)


def sandbox_connection() -> Connection:
    """The PostHog inside our own server."""
    return Connection("local", SANDBOX_BASE, (SANDBOX_BASE,), (), None)


def limits(
    organization: str | None,
    project: str | None,
    features: str | None,
    tools: str | None,
    *,
    read_only: bool,
    mode: Literal["tools", "cli"] | None,
    kind: Literal["hosted", "local"],
) -> Limits:
    """The limits that the flags name."""
    if mode is not None and kind == "local":
        raise WrongUsage("`--mode` is a choice of the hosted server", "leave it out with `--server local`")
    if mode == "cli" and (features or tools):
        raise WrongUsage("`--features` and `--tools` need `--mode tools`", "leave `--mode cli` out")
    return Limits(organization, project, _names(features), _names(tools), read_only, mode)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _flags(*, allow_http: bool, ca_file: Path | None) -> tuple[str, ...]:
    return (*(("--allow-http",) if allow_http else ()), *(("--ca-file", str(ca_file.absolute())) if ca_file else ()))


def _endpoint(text: str, *, allow_http: bool) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise WrongUsage(f"`{text}` is not the address of an MCP server", "give one like `https://mcp.posthog.com/mcp`")
    if parts.scheme == "http" and not (allow_http or is_loopback(parts.hostname)):
        raise WrongUsage(f"`{text}` would send the key over plain http", "use https, or pass `--allow-http`")
    return text
