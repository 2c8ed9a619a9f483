"""What PostHog says of a key, asked once for each key and each set of hosts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.bridge.address import parse_address
from posthog_wizard.doctor.destinations import Destination
from posthog_wizard.doctor.patient import Patient
from posthog_wizard.doctor.questions import Questions
from posthog_wizard.doctor.routes import route_to
from posthog_wizard.model import Secret

if TYPE_CHECKING:
    from posthog_wizard.api.visits import Route

LONGEST = 10.0  # seconds until a key counts as not checkable
MARGIN = 0.5  # seconds before the limit
BOTH = frozenset(CLOUD.values())


def owner(key: Secret, where: Destination, patient: Patient, questions: Questions) -> KeyReport:
    """What the PostHogs of a destination say of the key. Raises WrongUsage for a proxy or a file of no use."""
    asked = ("owner", key, where.bases, where.ca_file)
    return questions.ask(asked, lambda: asyncio.run(_owner(key, where, patient)))


def elsewhere(key: Secret, where: Destination, patient: Patient, questions: Questions) -> KeyReport | None:
    """What PostHog Cloud's other region says of a key that one region refused.

    None where there is no other, and for a key in a store: that is bound to its host.
    """
    if where.kept is not None or len(where.bases) != 1 or where.bases[0] not in BOTH:
        return None
    other = tuple(BOTH - set(where.bases))
    return owner(key, Destination(key, other), patient, questions)


async def _owner(key: Secret, where: Destination, patient: Patient) -> KeyReport:
    from posthog_wizard.api.keys import check_key  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.patience import Patience  # noqa: PLC0415
    from posthog_wizard.api.visits import Routed  # noqa: PLC0415

    left = max(0.1, min(LONGEST, patient.deadline - MARGIN - time.monotonic()))
    routes = {base: route(base, patient.machine.environment, where.ca_file) for base in where.bases}
    async with Routed(routes) as transport:
        return await check_key(
            key, where.bases, transport=transport, allow_http=True, patience=Patience(budget=left, attempts=2)
        )


def route(base: str, environment: Mapping[str, str], ca_file: Path | None) -> Route:
    """How requests get from this machine to a PostHog. Raises WrongUsage for a proxy of no use."""
    return route_to(parse_address(base, allow_http=True), environment, ca_file)
