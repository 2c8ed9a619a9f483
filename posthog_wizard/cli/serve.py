"""`posthog-wizard mcp serve`: PostHog's tools over stdio, against any PostHog."""

from __future__ import annotations

import gc
from typing import Any

from posthog_wizard.cli import shared_options
from posthog_wizard.invocation import Invocation


def command(**given: Any) -> None:
    """Serve PostHog's tools over stdio, straight from a PostHog's API.

    An AI client starts this; `posthog-wizard mcp add --server local` writes the entry for it.

    The key comes from POSTHOG_AUTH_HEADER, POSTHOG_PERSONAL_API_KEY or POSTHOG_API_KEY, else from the profile.

    posthog-wizard mcp serve --host https://posthog.example.com --read-only

    posthog-wizard mcp serve --region eu --features flags,experiments

    posthog-wizard mcp serve --sandbox
    """
    from posthog_wizard.cli.run_context import tell_who_types, this_run
    from posthog_wizard.cli.serve_settings import analytics_key as wanted_analytics
    from posthog_wizard.cli.serve_settings import embedded_access, limits_from_flags, serve_access, with_known_names
    from posthog_wizard.settings import Flags

    said, machine = Invocation("serve", **given), this_run().machine
    environment = {} if said.sandbox else machine.environment  # a real PostHog's has no place in the sandbox
    limits = limits_from_flags(environment, said)
    flags = None if said.sandbox else Flags(said.profile, said.host, said.region, limits, said.allow_http)
    access = serve_access(machine, flags, ca_file=said.ca_file) if flags else embedded_access(machine, said, limits)
    reporting = wanted_analytics(machine, flags, said.analytics_key)
    gc.disable()  # nothing of the imports is garbage, and looking for it takes an eighth of the start
    from posthog_wizard.server.logs import start_server_logging
    from posthog_wizard.server.run import serve_stdio
    from posthog_wizard.server.service import Service
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import check_names
    from posthog_wizard.tools.workspace import Workspace

    gc.freeze()
    gc.enable()
    check_names(TOOLS, limits)
    tell_who_types("serve")
    start_server_logging(said.log_file, given["log_level"])
    workspace = Workspace(with_known_names(access), allow_dangerous=said.allow_dangerous)
    serve_stdio(Service(workspace, most_tokens=given["max_tokens"]), reporting)


vars(command).update(__signature__=shared_options.signature_of("serve"))  # which typer reads
