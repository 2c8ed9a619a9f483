"""The pages on which a person signs in: plain HTML, no script, readable by a screen reader, never with a key in it."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import parse_qsl

from posthog_wizard.model import NOTHING
from posthog_wizard.sandbox.api.http_messages import HttpReply, HttpRequest

_STYLE = (
    "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}"
    "label,fieldset,button,input,select{font:inherit;margin:.4rem 0}label{display:block}"
    "code{font-size:1.6rem;letter-spacing:.1em}button{padding:.4rem 1.2rem;margin-right:1rem}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def page(title: str, content: str, *, status: int = 200, leads_to: str = "") -> HttpReply:
    """A page; `content` is HTML. `leads_to`: the origin of another address to which a form's answer may lead."""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)} - sandbox</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self' {leads_to}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",  # with less, forms would come from the origin `null`
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    return HttpReply(status, headers, text.encode("utf-8", "replace"))


def message(title: str, text: str, status: int = 200) -> HttpReply:
    """A page that says one thing."""
    return page(title, f"<p>{escape(text)}</p>", status=status)


def see_other(target: str, headers: Mapping[str, str] = NOTHING) -> HttpReply:
    """Lead the browser on, by GET."""
    return HttpReply(303, {"Location": target, "Cache-Control": "no-store", **headers}, b"")


def form(fields: Iterable[str], hidden: Mapping[str, str], *buttons: tuple[str, str]) -> str:
    """A form that goes to the page's own address; each button (value, words) is a `decision`."""
    kept = (f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden.items())
    pressed = (f'<button name="decision" value="{escape(value)}">{escape(words)}</button>' for value, words in buttons)
    return f'<form method="post">{"".join(kept)}{"".join(fields)}<p>{"".join(pressed)}</p></form>'


def line_field(name: str, label: str, value: str = "") -> str:
    """A line to type into."""
    return f'<label>{escape(label)} <input name="{escape(name)}" value="{escape(value)}" autocomplete="off" required></label>'


def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> str:
    """A list of (value, words) to choose from."""
    rows = (
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in options
    )
    return f'<label>{escape(label)} <select name="{escape(name)}">{"".join(rows)}</select></label>'


def form_fields(request: HttpRequest) -> dict[str, str]:
    """What a form, or a program that speaks like one, sent."""
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
