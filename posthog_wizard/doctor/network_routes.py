"""How this machine reaches an address: through which proxy, trusting whom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.net.addresses import Address
from posthog_wizard.net.proxies import proxy_for

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import NetworkRoute


def route_to(address: Address, environment: Mapping[str, str], ca_file: Path | None = None) -> NetworkRoute:
    """The route, as the environment describes it. Raises WrongUsage for a kind of proxy that nobody here can use."""
    from posthog_wizard.api.http_probe import NetworkRoute  # noqa: PLC0415 - it loads httpx

    named = environment.get("SSL_CERT_FILE")  # OpenSSL's own variable
    authorities = ca_file or (Path(named) if named else None)
    return NetworkRoute(proxy_for(address, environment), authorities)
