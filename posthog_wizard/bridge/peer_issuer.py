"""Who signed a certificate that is not trusted: most often a proxy that looks into the traffic.

Nothing is sent but the TLS handshake. Python tells the fields of verified certificates only, so that the certificate
is taken without verification first, and then trusted for one handshake more.
"""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from typing import Any

from posthog_wizard.bridge.address import Address

_FIELDS = ("organizationName", "commonName")


async def issuer_at(address: Address, patience: float) -> str | None:
    """The issuer's names as the certificate gives them; None when they cannot be had within `patience` seconds."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(patience):
            first = await _handshake(address, _blind())
            certificate = first.getpeercert(binary_form=True)
            if certificate:
                return _names((await _handshake(address, _trusting(certificate))).getpeercert())
    return None


async def _handshake(address: Address, context: ssl.SSLContext) -> ssl.SSLObject:
    _, writer = await asyncio.open_connection(address.host, address.port, ssl=context, server_hostname=address.host)
    secured: ssl.SSLObject = writer.get_extra_info("ssl_object")
    writer.transport.abort()
    return secured


def _blind() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _trusting(certificate: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.load_verify_locations(cadata=certificate)
    return context


def _names(certificate: Any) -> str | None:
    issuer = {name: value for group in (certificate or {}).get("issuer", ()) for name, value in group}
    return ", ".join(issuer[name] for name in _FIELDS if name in issuer) or None
