"""`python -m tests.support.hasty_bridge URL`: the bridge as a process of its own, with short waits."""

from __future__ import annotations

import sys

from posthog_wizard.bridge.run import run_bridge
from posthog_wizard.bridge.run_settings import BridgeSettings, Waits
from posthog_wizard.model import Secret
from tests.support import steady_clock

KEY = "phx_bridge0123456789abcdefghijklmnop"
HASTY = Waits(
    connect=1.5, answer=4.0, silence=2.0, patience=0.3, throttled=0.7, first_pause=0.02, longest_pause=0.1, resume=0.02, resuming=3.0,
    notification=0.2, drain=0.1, finish=0.3, farewell=0.2,
)  # fmt: skip

if __name__ == "__main__":
    steady_clock.use()
    sys.exit(run_bridge(BridgeSettings(sys.argv[1], Secret(KEY), waits=HASTY)))
