"""Links that make a client offer to add a server; they end in histories and logs, so they are made of entries without a key."""

import base64
import json
from urllib.parse import quote

from posthog_wizard.clients.entries import read_entry
from posthog_wizard.model import Client, Json


def deeplinks(client: Client, name: str, entry: dict[str, Json]) -> tuple[str | None, str | None]:
    """The link, and its form in https for pages that let no other through, as GitHub's Markdown; None where there is none.

    A client whose link takes an address alone has none for a program, nor for headers.
    """
    fields, compact = read_entry(client.places[0].schema, entry), json.dumps(entry, separators=(",", ":"))
    if client.deeplink is None or ("{url}" in client.deeplink and (fields.url is None or fields.headers)):
        return None, None
    texts = {"name": name, "config": compact, "base64": base64.b64encode(compact.encode()).decode()}
    texts |= {"type": "stdio" if fields.url is None else "http", "url": fields.url or ""}
    texts["json"] = json.dumps({"name": name, **entry}, separators=(",", ":"))
    quoted = {key: quote(text, safe="") for key, text in texts.items()}
    link = client.deeplink.format(**quoted)
    web = client.deeplink_web and client.deeplink_web.format(link=quote(link, safe=""), **quoted)
    return link, link if link.startswith("https:") else web
