"""Whether the server behind a program of ours can be reached at all, so that nobody waits for the program's patience.

A bridge repeats its first message for some seconds, in case a computer is just waking up, and then says what was known
at once.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from posthog_wizard.doctor.probe_failure import ProbeFailure
from posthog_wizard.doctor.refusal import no_answer_failure
from posthog_wizard.net.addresses import Address

_PATIENCE = 2.0  # seconds; a server that takes longer is slow, and may be there
SHORT = 4.0  # seconds that a program has whose server is out of reach: enough to see whether it starts


def why_unreachable(address: Address) -> ProbeFailure | None:
    """What stands in the way to that address; None where a connection can be made, or nothing is known in time."""
    found: list[ProbeFailure | None] = []
    thread = threading.Thread(target=lambda: found.append(_connected(address)), daemon=True)
    thread.start()
    thread.join(_PATIENCE)
    return found[0] if found else None


def shortened_deadline(until: float, failure: ProbeFailure | None) -> float:
    """By when the program has to answer, of `time.monotonic()`."""
    return until if failure is None else min(until, time.monotonic() + SHORT)


def _connected(address: Address) -> ProbeFailure | None:
    from posthog_wizard.api.http_probe import Unanswered  # noqa: PLC0415 - it loads httpx

    with suppress(OSError, UnicodeError):
        try:
            socket.create_connection((address.host, address.port), _PATIENCE).close()
        except socket.gaierror as error:
            return no_answer_failure(address.origin, Unanswered("name", error.strerror or str(error)), None)
        except ConnectionRefusedError:
            return no_answer_failure(address.origin, Unanswered("connect", "it refuses connections"), None)
    return None
