"""The whole program checks a key in both regions, behind a proxy that reads TLS, before it touches a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.network import Authority, Proxy
from tests.support.posthog import PostHog, Reply, SandboxKey, throttled, web_page
from tests.support.posthog_core import posthog

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
SECRET = "phx_Ab3dEf6hIj9kLm2nOp5q"
HELD, OTHER = SandboxKey(SECRET, ("user:read", "project:read")), SandboxKey("phx_other")
AUTHORITY = Authority()
ADD = ("mcp", "add", "cursor", "--api-key-stdin", "--json")


def add(home: Path, us: PostHog, eu: PostHog, *flags: str) -> subprocess.CompletedProcess[str]:
    (home / ".cursor").mkdir()
    ca_file = AUTHORITY.write(home / "authority.pem")
    with us, eu, Proxy({"us.posthog.com": us.port, "eu.posthog.com": eu.port}) as proxy:
        return subprocess.run(
            [sys.executable, "-m", "posthog_wizard", *ADD, "--ca-file", str(ca_file), *flags],
            input=SECRET,
            env={"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HTTPS_PROXY": proxy.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def region(name: str, key: SandboxKey, always: Reply | None = None) -> PostHog:
    return posthog(key, tls=AUTHORITY.server(f"{name}.posthog.com"), always=always)


@pytest.mark.parametrize(
    ("in_us", "in_eu", "found"),
    [(HELD, OTHER, "us"), (OTHER, HELD, "eu"), (HELD, HELD, "us")],
)
def test_the_region_is_found(tmp_path: Path, in_us: SandboxKey, in_eu: SandboxKey, found: str) -> None:
    done = add(tmp_path, region("us", in_us), region("eu", in_eu), "--features", "flags")
    key = json.loads(done.stdout)["key"]
    assert done.returncode == 0
    assert (key["state"], key["region"], key["host"]) == ("valid", found, f"https://{found}.posthog.com")
    assert (key["user"], key["project"]) == ("max@example.com", {"id": 2, "name": "App"})
    assert key["missing_scopes"] == ["feature_flag:write"]
    assert SECRET in (tmp_path / ".cursor/mcp.json").read_text()
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("eu", "state", "code"),
    [
        (None, "invalid", "bad_key"),
        (throttled(60), "unreachable", "unreachable"),
        (web_page(403), "unreachable", "unreachable"),
        (Reply(body={"status": "ok"}), "unreachable", "unreachable"),
    ],
)
def test_a_key_that_is_not_accepted_stops_before_any_file(
    tmp_path: Path, eu: Reply | None, state: str, code: str
) -> None:
    done = add(tmp_path, region("us", OTHER), region("eu", OTHER, eu))
    document = json.loads(done.stdout)
    assert (done.returncode, document["key"]["state"], document["error"]["code"]) == (1, state, code)
    assert not (tmp_path / ".cursor/mcp.json").exists()
    assert SECRET not in done.stdout + done.stderr
