"""What can be wrong with servers that are installed in PostHog, as far as files alone tell."""

from __future__ import annotations

from posthog_wizard.model import Secret
from tests.support.doctor_contexts import Body, Fault
from tests.support.machines import KEY

PROXY = (
    "https://us.posthog.com/api/environments/1/mcp_server_installations/018f0000-0000-7000-8000-0000000a000{}/proxy/"
)


def beside(body: Body, *numbers: int) -> None:
    """Entries for installed servers beside PostHog's own."""
    for number in numbers:
        for name in (f"server-{number}",):
            address = PROXY.format(number)
            body.add("cursor", "claude-desktop", name=name, kind="installation", address=address, key=Secret(KEY))


def twice(body: Body) -> None:
    """The same server under two names, and PostHog's own was lost."""
    body.put("cursor", None)
    entry = {"url": PROXY.format(1), "headers": {"Authorization": f"Bearer {KEY}"}}
    body.put("cursor", entry, "linear")
    body.put("cursor", entry, "issues")


FAULTS = (
    Fault("installed servers beside PostHog's own, which is none", lambda body: beside(body, 1, 2), {}),
    Fault(
        "an installed server twice",
        twice,
        {"client.cursor.second": "warn", "client.cursor.entry": "warn"},
        clients=("cursor",),
    ),
)
