"""Who signed a certificate that is not trusted: most often a company's proxy that reads what passes.

Nothing is sent but the handshakes. Python tells the fields of verified certificates only, so that the certificate is
taken without verification first, and then trusted for one handshake more, for its sake alone.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import httpcore

from posthog_wizard.net.addresses import Address
from posthog_wizard.net.proxies import Proxy
from posthog_wizard.net.tunnel import connect

_PATIENCE = 5.0  # seconds for a question that only makes a message better
_FIELDS = ("organizationName", "commonName")


async def certificate_issuer(address: Address, proxy: Proxy | None, patience: float = _PATIENCE) -> str | None:
    """The issuer's names as the certificate gives them; None when they cannot be had within `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            first = await _handshake(address, proxy, _trusting(None))
            second = await _handshake(address, proxy, _trusting(first.getpeercert(binary_form=True)))
    except (httpcore.NetworkError, httpcore.ProxyError, OSError, TimeoutError):
        return None
    certificate: Any = second.getpeercert()
    issuer = {name: value for group in (certificate or {}).get("issuer", ()) for name, value in group}
    return ", ".join(issuer[name] for name in _FIELDS if name in issuer) or None


async def _handshake(address: Address, proxy: Proxy | None, context: ssl.SSLContext) -> ssl.SSLObject:
    stream = await connect(address, proxy, context)
    secured: ssl.SSLObject = stream.get_extra_info("ssl_object")
    await stream.aclose()
    return secured


def _trusting(certificate: bytes | None) -> ssl.SSLContext:
    """A context that trusts one certificate; None: any, and learns nothing of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if certificate is None:
        context.verify_mode = ssl.CERT_NONE
        return context
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context
