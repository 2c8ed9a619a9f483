"""Whether the server behind a program of ours can be reached at all, so that nobody waits for the program's patience.

A bridge repeats its first message for some seconds, in case a computer is just waking up, and then says what was known
at once.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from posthog_wizard.bridge.address import Address
from posthog_wizard.doctor.refusal import unanswered
from posthog_wizard.doctor.trouble import Trouble

PATIENCE = 2.0  # seconds; a server that takes longer is slow, and may be there
SHORT = 4.0  # seconds that a program has whose server is out of reach: enough to see whether it starts


def out_of_reach(address: Address) -> Trouble | None:
    """What stands in the way to that address; None where a connection can be made, or nothing is known in time."""
    found: list[Trouble | None] = []
    thread = threading.Thread(target=lambda: found.append(_connected(address)), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return found[0] if found else None


def shortened(until: float, trouble: Trouble | None) -> float:
    """By when the program has to answer, of `time.monotonic()`."""
    return until if trouble is None else min(until, time.monotonic() + SHORT)


def _connected(address: Address) -> Trouble | None:
    from posthog_wizard.api.visits import Unanswered  # noqa: PLC0415 - it loads httpx

    with suppress(OSError, UnicodeError):
        try:
            socket.create_connection((address.host, address.port), PATIENCE).close()
        except socket.gaierror as error:
            return unanswered(address.origin, Unanswered("name", error.strerror or str(error)), None)
        except ConnectionRefusedError:
            return unanswered(address.origin, Unanswered("connect", "it refuses connections"), None)
    return None
