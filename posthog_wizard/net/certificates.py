"""Which certificates are trusted: the system's; and who signed one that is not, most often a company's proxy that reads all.

To tell that, nothing is sent but handshakes. Python tells the fields of verified certificates only, so that the
certificate is taken without verification first, and then trusted for one handshake more, for its sake alone.
"""

import asyncio
import ssl
import sys
from pathlib import Path
from typing import Any

import httpcore

from posthog_wizard.errors import WrongUsage
from posthog_wizard.net.addresses import Address
from posthog_wizard.net.proxies import Proxy
from posthog_wizard.net.tunnel import connect

_WITH_STORE = {"darwin", "win32"}  # systems that keep certificates elsewhere than in files
_PATIENCE = 5.0  # seconds for a question that only makes a message better
_FIELDS = ("organizationName", "commonName")


def trusted(ca_file: Path | None, platform: str = sys.platform) -> ssl.SSLContext:
    """The system's own certificate store, and the authorities in `ca_file` (PEM) beside it.

    Raises WrongUsage when the file cannot be read or holds none.
    """
    context = _from_files(platform)
    if context is None:
        import truststore  # noqa: PLC0415 - not needed everywhere

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        told = f"`{ca_file}` holds no certificates: {error.strerror or error}"
        raise WrongUsage(told, "pass a PEM file with `--ca-file`") from error
    return context


def _from_files(platform: str) -> ssl.SSLContext | None:
    """What OpenSSL finds where it was built to look; None where that is not the system's store, or empty.

    truststore would take the same files, but read them again (20 ms) for every connection.
    """
    if platform in _WITH_STORE:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context if context.cert_store_stats()["x509_ca"] else None


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
