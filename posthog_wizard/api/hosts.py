"""Which PostHog: its regions, the base URL of its API, and the pages of its web application. Pure text."""

import re
from typing import Literal
from urllib.parse import SplitResult, quote, urlsplit

from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.addresses import DEFAULT_PORTS, is_loopback, origin_of, plain_http

CloudRegion = Literal["us", "eu"]
Region = Literal["us", "eu", "self-hosted", "sandbox"]

CLOUD: dict[CloudRegion, str] = {"us": "https://us.posthog.com", "eu": "https://eu.posthog.com"}
_CLOUD_HOSTS: dict[str, CloudRegion] = {
    "us": "us",
    "us.posthog.com": "us",
    "us.i.posthog.com": "us",  # ingestion, not the private API
    "app.posthog.com": "us",  # the old address; a key is never sent there
    "eu": "eu",
    "eu.posthog.com": "eu",
    "eu.i.posthog.com": "eu",
}
_INGESTION: dict[str, str] = {CLOUD["us"]: "https://us.i.posthog.com", CLOUD["eu"]: "https://eu.i.posthog.com"}
SANDBOX_BASE = "https://sandbox.invalid"  # the embedded one: no address leads to it (RFC 2606)
_PAGES: dict[str, str] = {
    "dashboard": "/dashboard/{}",
    "insight": "/insights/{}",
    "feature_flag": "/feature_flags/{}",
    "experiment": "/experiments/{}",
    "survey": "/surveys/{}",
    "error": "/error_tracking/{}",
    "event": "/data-management/events/{}",
}


def api_base(text: str, *, allow_http: bool = False) -> str:
    """The base URL of the API that a person means by `text`: an origin and perhaps a path, no final slash.

    `us`, `eu` and every host of PostHog Cloud give the region's base; a missing scheme is https, on loopback
    http. Raises WrongUsage for anything that is no base URL, and for plain http beyond loopback unless `allow_http`.
    """
    parts = _split(text.strip())
    name = (parts.hostname or "").rstrip(".")
    if name in _CLOUD_HOSTS:
        return CLOUD[_CLOUD_HOSTS[name]]
    if parts.scheme == "http" and not (allow_http or is_loopback(name)):
        raise plain_http(text.strip())
    return f"{origin_of(parts)}{_prefix(parts)}"


def region_of(base: str) -> Region:
    """The region of a base URL as `api_base` gives it."""
    return "sandbox" if base == SANDBOX_BASE else _CLOUD_HOSTS.get(urlsplit(base).hostname or "", "self-hosted")


def hosts_to_ask(region: str | None, host: str | None, *, allow_http: bool = False) -> tuple[str, ...]:
    """The base URLs of what `--region` and `--host` name; with neither, those of every region.

    Raises WrongUsage for both, and for a name that is neither a region nor a host.
    """
    if region is not None and host is not None:
        raise WrongUsage("`--region` and `--host` cannot be combined", "leave one of them out")
    if host is not None:
        return (api_base(host, allow_http=allow_http),)
    bases = tuple(base for name, base in CLOUD.items() if region in {None, name})
    if not bases:
        raise WrongUsage(f"`{region}` is not a region of PostHog Cloud", "pass `--region us` or `--region eu`")
    return bases


def key_page(base: str) -> str:
    """Where a user of that PostHog makes a personal API key with the scopes that an MCP server needs."""
    return f"{key_list(base)}?preset=mcp_server"


def key_list(base: str) -> str:
    """Where a user of that PostHog sees and deletes personal API keys."""
    return f"{base}/settings/user-api-keys"


def app_list(base: str) -> str:
    """Where a user of that PostHog sees the programs that have access by OAuth, and takes it away."""
    return f"{base}/settings/user-connected-apps"  # PostHog/posthog: frontend/src/scenes/settings/types.ts


def ingestion_host(base: str) -> str:
    """Where SDKs send events: an own host in PostHog Cloud, the same one elsewhere."""
    return _INGESTION.get(base, base)


def app_page(base: str, project: int | str, kind: str, identifier: int | str) -> str:
    """The page of one thing in the web application; `kind` is a key of PAGES."""
    return f"{base}/project/{_segment(project)}{_PAGES[kind].format(_segment(identifier))}"


def _segment(value: int | str) -> str:
    return quote(str(value), safe="")


def _split(text: str) -> SplitResult:
    if not text or any(character.isspace() or not character.isprintable() or character == "\\" for character in text):
        stray = "it contains a stray character" if text.strip() else "it is empty or contains whitespace"
        raise _no_base(text, stray)
    try:
        usual = "http" if "://" not in text and is_loopback(urlsplit(f"//{text}").hostname or "") else "https"
        parts = urlsplit(text if "://" in text else f"{usual}://{text}")
        origin_of(parts)
    except ValueError as error:
        raise _no_base(text, str(error)) from error
    for wrong, reason in (
        (parts.scheme not in DEFAULT_PORTS, f"its scheme is `{parts.scheme}`, not https"),
        ("@" in parts.netloc, "it must not contain a user name or password"),
        (not re.fullmatch(r"[\w.:-]+", parts.hostname or ""), "it names no host"),
        (parts.port == 0, "no server has the port 0"),
        (bool(parts.query or parts.fragment), "it must end before `?` and `#`"),
        (any(part in {"", ".", ".."} for part in _prefix(parts).split("/")[1:]), "its path is not a plain one"),
    ):
        if wrong:
            raise _no_base(text, reason)
    return parts


def _prefix(parts: SplitResult) -> str:
    return parts.path.rstrip("/")


def _no_base(text: str, reason: str) -> WrongUsage:
    shown = text.rpartition("@")[2]  # what stands before an @ may be a password
    hint = "pass an address like https://posthog.example.com, or `--region us` or `eu` for PostHog Cloud"
    return WrongUsage(f"`{shown}` is not the address of a PostHog: {reason}", hint)
