"""What a client can complete: the frameworks of the quick starts, as a prompt's or a template's argument."""

from __future__ import annotations

from posthog_wizard.server.quickstarts import QUICKSTARTS, quickstart_named

_MOST = 100  # of the specification


def for_argument(name: str, typed: str) -> list[str]:
    """The values that go on from what was typed; first those that begin with it."""
    if name != "framework":
        return []
    text, meant = typed.lower(), quickstart_named(typed)
    fitting = [key for key in QUICKSTARTS if text in key or key == meant]
    return sorted(fitting, key=lambda key: (not key.startswith(text), key))[:_MOST]
