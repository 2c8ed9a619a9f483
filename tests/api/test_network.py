"""Certificates and proxies, over real sockets on loopback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.errors import Unreachable, WrongUsage
from tests.support.calls import call
from tests.support.network import Authority, Proxy
from tests.support.posthog import SandboxKey
from tests.support.posthog_core import posthog

ME = "/api/users/@me/"
CLOUD = ("https://us.posthog.com", "https://eu.posthog.com")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def ca_file(authority: Authority, tmp_path: Path) -> Path:
    return authority.write(tmp_path / "authority.pem")


# ------------------------------------------------------------------ certificates


def test_an_authority_beside_the_systems(authority: Authority, ca_file: Path) -> None:
    with posthog(tls=authority.server("127.0.0.1")) as server:
        me = call(server.url, lambda client: client.get(ME), ca_file=ca_file)
    assert me["email"] == "max@example.com"


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("127.0.0.1",), "unable to get local issuer certificate, issued by `Corporate Proxy Inc`)"),
        (("example.com",), "unable to get local issuer certificate, issued by `Corporate Proxy Inc`)"),
    ],
)
def test_an_authority_that_nobody_trusts(authority: Authority, names: tuple[str, ...], told: str) -> None:
    with posthog(tls=authority.server(*names)) as server:
        with pytest.raises(Unreachable) as caught:
            call(server.url, lambda client: client.get(ME))
        assert server.requests == []
    assert told in caught.value.message
    assert "--ca-file" in str(caught.value.hint)


def test_a_certificate_for_another_name(authority: Authority, ca_file: Path) -> None:
    with posthog(tls=authority.server("example.com")) as server:
        with pytest.raises(Unreachable, match=r"certificate is not trusted .*127"):
            call(server.url, lambda client: client.get(ME), ca_file=ca_file)
        assert server.requests == []


def test_no_tls_at_all() -> None:
    with posthog() as server, pytest.raises(Unreachable, match=r"cannot be reached: TLS failed"):
        call(server.url.replace("http:", "https:"), lambda client: client.get(ME))


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n"])
def test_a_file_without_certificates(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    path.write_text(content or "")
    asked = tmp_path / "missing.pem" if content is None else path
    with pytest.raises(WrongUsage, match="holds no certificates"):
        call("https://127.0.0.1:1", lambda client: client.get(ME), ca_file=asked)


# ------------------------------------------------------------------ proxies, in a process of their own


def ask(*arguments: str, **environment: str) -> dict[str, Any]:
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.support.ask_key", *arguments],
        input="phx_test",
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_both_regions_through_a_proxy(authority: Authority, ca_file: Path) -> None:
    us_tls, eu_tls = authority.server("us.posthog.com"), authority.server("eu.posthog.com")
    with posthog(SandboxKey("phx_other"), tls=us_tls) as us, posthog(tls=eu_tls) as eu:
        with Proxy({"us.posthog.com": us.port, "eu.posthog.com": eu.port}) as proxy:
            report = ask("--ca-file", str(ca_file), *CLOUD, HTTPS_PROXY=proxy.url)
        assert len(us.lines) == 1
    assert (report["state"], report["region"], report["user"]) == ("valid", "eu", "max@example.com")
    assert {head.split()[1] for head in proxy.seen} == {"us.posthog.com:443", "eu.posthog.com:443"}
    assert "phx_test" not in "".join(proxy.seen)


@pytest.mark.parametrize("refusal", ["403 Forbidden", "407 Proxy Authentication Required"])
def test_a_proxy_that_refuses(refusal: str) -> None:
    with Proxy({}, refusal) as proxy:
        report = ask(CLOUD[0], HTTPS_PROXY=proxy.url)
    assert report["state"] == "unreachable"
    assert f"the proxy refused ({refusal})" in report["problem"]


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTPS_PROXY": "socks4://127.0.0.1:1"},
        {"HTTPS_PROXY": "nonsense://127.0.0.1:1"},
    ],
)
def test_proxy_settings_that_cannot_be_followed(environment: dict[str, str]) -> None:
    report = ask(CLOUD[0], **environment)
    assert report["state"] == "unreachable"
    assert report["problem"].startswith("the proxy settings of the environment cannot be used: ")


def test_this_computer_is_never_reached_through_a_proxy() -> None:
    with posthog() as server, Proxy({}) as proxy:
        report = ask(server.url, HTTP_PROXY=proxy.url, HTTPS_PROXY=proxy.url, ALL_PROXY=proxy.url)
    assert (report["state"], proxy.seen) == ("valid", [])
