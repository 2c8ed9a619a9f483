"""Who signed a certificate that is not trusted: mostly a company's proxy that reads what passes."""

from __future__ import annotations

import ssl

import httpx

from posthog_wizard.api.hosts import proxied

_PATIENCE = 5.0  # seconds for a question that only makes a message better


async def certificate_issuer(base: str, proxy: httpx.Proxy | None = None) -> str | None:
    """The name of who signed the certificate at `base`: a company's proxy, when it reads what passes.

    Asked with no key, through `proxy` or those of the environment. ssl describes only certificates that it trusts, so the one found is
    trusted for a second look, for its sake alone. None where that does not work either.
    """
    found = await _certificate(base, _trusting(None), proxy, binary=True)
    described = await _certificate(base, _trusting(found), proxy) if isinstance(found, bytes) else None
    return _name(described) if isinstance(described, dict) else None


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


async def _certificate(
    base: str, context: ssl.SSLContext, proxy: httpx.Proxy | None, *, binary: bool = False
) -> object:
    try:
        async with (
            httpx.AsyncClient(verify=context, timeout=_PATIENCE, proxy=proxy, trust_env=proxied(base)) as http,
            http.stream("HEAD", base) as response,
        ):
            connection = response.extensions["network_stream"].get_extra_info("ssl_object")
            return connection.getpeercert(binary_form=binary)
    except (httpx.HTTPError, OSError):
        return None


def _name(certificate: dict[str, object]) -> str | None:
    issuer = certificate.get("issuer")
    parts = {name: value for group in issuer for name, value in group} if isinstance(issuer, tuple) else {}
    return parts.get("organizationName") or parts.get("commonName")
