"""`posthog-wizard sandbox`: an embedded PostHog on loopback with sample data."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from posthog_wizard.cli import output

if TYPE_CHECKING:
    from posthog_wizard.sandbox.posthog import Sandbox


def command(port: int = 0, reset: bool = False, well_known_keys: bool = False, json: bool = False) -> int:
    """Serve an embedded PostHog with sample data on this machine, until Ctrl-C.

    No other machine can reach it, and it reaches none. What is made in it stays until `--reset`; its key, which was made
    for it, stays longer.

    posthog-wizard sandbox

    posthog-wizard sandbox --port 8010 --json
    """
    from posthog_wizard.cli.run_context import this_run
    from posthog_wizard.operations import sandbox_setup
    from posthog_wizard.sandbox.engine import check_installed
    from posthog_wizard.sandbox.loopback import listening, serve_http

    check_installed()
    machine = this_run().machine
    with listening(port) as opened:
        with output.bar("making the sample data") as progress:
            sandbox_setup.prepare_sample(machine, progress)
        posthog = sandbox_setup.open_sandbox(machine, well_known_keys=well_known_keys)
        if reset:
            posthog.store.reset()
            output.say("everything is as it was in the beginning")
        with suppress(KeyboardInterrupt):  # which is how it is meant to end
            if well_known_keys:
                output.warn("its keys are documented, so every user of this machine can use this sandbox")
            _tell(f"http://127.0.0.1:{opened.getsockname()[1]}", posthog, json=json)
            serve_http(opened, posthog.exchange)
        posthog.close()
    return 0


def _tell(url: str, posthog: Sandbox, *, json: bool) -> None:
    from posthog_wizard.sandbox.sample import catalog

    key, code = posthog.key, posthog.door.code()
    if json:
        project = {"id": catalog.PROJECT_ID, "name": catalog.PROJECT_NAME}
        output.json_document(output.SCHEMAS["sandbox"], url=url, key=key, project=project)
    else:
        output.result(f"url  {url}\nkey  {key}")
        output.say(
            f"project {catalog.PROJECT_ID}: {catalog.PROJECT_NAME}. Whoever has the key can use this sandbox, and nothing else."
        )
        # by a pipe: what stands in a program's command line, every user of the machine can read
        output.say(f"try it: echo 'Authorization: Bearer {key}' | curl -H @- {url}/api/projects/1/dashboards/")
        output.say(
            f"sign in: posthog-wizard login --host {url}, and in the browser with {code} (then `{posthog.door.path}` has the next)"
        )
        output.say("stop it with Ctrl-C")
    output.flush()
