"""`posthog-wizard sandbox`: an embedded PostHog on loopback with sample data."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from posthog_wizard.cli import options, output

Port = Annotated[
    int,
    typer.Option("--port", min=0, max=65535, metavar="N", help="The port.  [default: a free one]", show_default=False),
]
Reset = Annotated[
    bool,
    typer.Option("--reset", help="Forget what was made or changed, and begin with the samples again; the key stays."),
]
WellKnownKeys = Annotated[
    bool,
    typer.Option("--well-known-keys", help="Take the documented keys too, which every user of this machine knows."),
]


def command(
    port: Port = 0, reset: Reset = False, well_known_keys: WellKnownKeys = False, json: options.JsonOption = False
) -> int:
    """Serve an embedded PostHog with sample data on this machine, until Ctrl-C.

    No other machine can reach it, and it reaches none. What is made in it stays until `--reset`; its key, which was made
    for it, stays longer.

    posthog-wizard sandbox

    posthog-wizard sandbox --port 8010 --json
    """
    from posthog_wizard.cli import sandboxed
    from posthog_wizard.machine import this_machine
    from posthog_wizard.sandbox.loopback import listening, serve

    sandboxed.check_installed()
    machine = this_machine()
    opened = listening(port)
    with output.bar("making the sample data") as progress:
        sandboxed.prepare(machine, progress)
    posthog = sandboxed.opened(machine, well_known_keys=well_known_keys)
    if reset:
        posthog.store.reset()
        output.say("everything is as it was in the beginning")
    with suppress(KeyboardInterrupt):  # which is how it is meant to end
        if well_known_keys:
            output.warn("its keys are documented, so every user of this machine can use this sandbox")
        _tell(f"http://127.0.0.1:{opened.getsockname()[1]}", posthog.key, json=json)
        serve(opened, posthog.exchange)
    posthog.close()
    return 0


def _tell(url: str, key: str, *, json: bool) -> None:
    from posthog_wizard.sandbox import story

    if json:
        project = {"id": story.PROJECT_ID, "name": story.PROJECT_NAME}
        output.document(output.SCHEMAS["sandbox"], url=url, key=key, project=project)
    else:
        output.result(f"url  {url}\nkey  {key}")
        output.say(
            f"project {story.PROJECT_ID}: {story.PROJECT_NAME}. Whoever has the key can use this sandbox, and nothing else."
        )
        # by a pipe: what stands in a program's command line, every user of the machine can read
        output.say(f"try it: echo 'Authorization: Bearer {key}' | curl -H @- {url}/api/projects/1/dashboards/")
        output.say("stop it with Ctrl-C")
    output.flush()
