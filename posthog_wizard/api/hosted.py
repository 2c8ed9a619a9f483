"""The address of PostHog's hosted MCP server, with limits as its query parameters. Pure."""

from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from posthog_wizard.invocation import parse_names
from posthog_wizard.model import Limits

_PARAMETERS = ("organization_id", "project_id", "features", "tools", "readonly", "mode")


def hosted_url(url: str, limits: Limits) -> str:
    """`url` with the limits in the order that PostHog's documentation gives them.

    A parameter that `url` has already is replaced, others stay. Features or tools need the mode that offers tools
    by name, which is no longer the server's default.
    """
    named = bool(limits.features or limits.tools)
    wanted = {
        "organization_id": limits.organization,
        "project_id": limits.project,
        "features": ",".join(limits.features),
        "tools": ",".join(limits.tools),
        "readonly": "true" if limits.read_only else None,
        "mode": limits.mode or ("tools" if named else None),
    }
    given = {name: value for name, value in wanted.items() if value}
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in given]
    return urlunsplit(parts._replace(query=urlencode([*kept, *given.items()], safe=",")))


def without_limits(url: str) -> str:
    """The address without the parameters that name limits; others stay."""
    parts = urlsplit(url)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in _PARAMETERS]
    return urlunsplit(parts._replace(query=urlencode(kept, safe=",")))


def limits_in_url(url: str) -> Limits:
    """The limits that an address names, however they are spelled; `hosted_url` spells them as we do.

    Raises ValueError for what is no URL.
    """
    query = dict(reversed(parse_qsl(urlsplit(url).query)))  # of a parameter twice the first counts
    mode: dict[str | None, Literal["tools", "cli"]] = {"tools": "tools", "cli": "cli"}
    return Limits(
        query.get("organization_id"),
        query.get("project_id"),
        parse_names(query.get("features")),
        parse_names(query.get("tools")),
        query.get("readonly", "").lower() in {"true", "1"},
        mode.get(query.get("mode")),
    )
