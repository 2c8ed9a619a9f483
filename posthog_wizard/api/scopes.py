"""Which scopes a key needs for which features. Pure data."""

from collections.abc import Iterable, Mapping

from posthog_wizard.model import Limits

_BASE = ("user:read", "project:read")  # whatever the features: the server asks who it is and in which project
_FEATURES: Mapping[str, tuple[str, ...]] = {
    "dashboards": ("dashboard:write", "insight:write"),  # an insight joins a dashboard by a change of the insight
    "docs": (),
    "error-tracking": ("error_tracking:read", "query:read"),
    "events": ("event_definition:read", "property_definition:read"),
    "experiments": ("experiment:write", "query:read"),
    "flags": ("feature_flag:write",),
    "insights": ("insight:write", "query:read"),
    "llm-analytics": ("query:read", "warehouse_table:read"),
    "surveys": ("survey:write", "query:read"),
    "workspace": ("organization:read", "property_definition:read"),
}
_ONLY_IF_NAMED = frozenset({"warehouse_table:read"})  # the hosted server wants it for a tool whose query does not
ALL = "*"


def required_scopes(limits: Limits | None = None, *, also: Iterable[str] = ()) -> tuple[str, ...]:
    """The scopes that a key should have for a server with these limits, sorted; `also` are those of named tools.

    Without features every toolset is meant. A feature that is not in the table adds nothing: the hosted server has
    many more than we know.
    """
    wanted = limits or Limits()
    rows = _named(wanted.features) if wanted.features or wanted.tools else _named(_FEATURES) - _ONLY_IF_NAMED
    scopes = {*_BASE, *rows, *also}
    return tuple(sorted({scope.replace(":write", ":read") for scope in scopes} if wanted.read_only else scopes))


def missing_scopes(required: Iterable[str], scopes: Iterable[str]) -> tuple[str, ...]:
    """Those of `required` that `scopes` do not satisfy: `:write` satisfies `:read`, `*` satisfies all."""
    held = set(scopes)
    return tuple(scope for scope in required if not satisfied(scope, held))


def lacking(required: Iterable[str], scopes: Iterable[str] | None) -> str:
    """What a key with these scopes lacks, in words; empty where it lacks nothing, and where they are not known."""
    missing = () if scopes is None else missing_scopes(required, scopes)
    return f"the key lacks the scope {', '.join(missing)}" if missing else ""


def satisfied(scope: str, held: Iterable[str]) -> bool:
    """Whether a key that holds `held` may do what needs `scope`."""
    return not {ALL, scope, scope.replace(":read", ":write")}.isdisjoint(held)


def _named(features: Iterable[str]) -> set[str]:
    return {scope for feature in features for scope in _FEATURES.get(feature.strip().replace("_", "-"), ())}
