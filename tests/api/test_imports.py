"""What the command line needs without network must not load what the network needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIGHT = ["hosts", "hosted", "scopes", "key_format", "key_report", "retry_policy", "pagination", "replies"]


@pytest.mark.parametrize("module", LIGHT)
def test_light(module: str) -> None:
    heavy = ("httpx", "httpcore", "anyio", "ssl", "asyncio", "tenacity", "truststore")
    code = f"import posthog_wizard.api.{module}, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
