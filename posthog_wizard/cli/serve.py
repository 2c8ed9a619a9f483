"""`posthog-wizard mcp serve`: PostHog's tools over stdio, against any PostHog."""

from __future__ import annotations

from typing import Any

from posthog_wizard.cli.flags import signature_of
from posthog_wizard.invocation import Invocation


def command(**given: Any) -> None:
    """Serve PostHog's tools over stdio, straight from a PostHog's API.

    An AI client starts this; `posthog-wizard mcp add --server local` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp serve --host https://posthog.example.com --read-only

    posthog-wizard mcp serve --region eu --features flags,experiments

    posthog-wizard mcp serve --sandbox
    """
    from posthog_wizard.cli.serve_settings import start_server

    start_server(Invocation("serve", **given))


vars(command).update(__signature__=signature_of("serve"))  # which typer reads
