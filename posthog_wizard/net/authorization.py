"""What people and clients put where a key belongs: one reading for all that start with one. Pure."""

import re

_WRAPPING = " \t\r\n\v\f\"'`“”‘’\ufeff\u200b"  # what copying and pasting adds around a key
# What stands before it: the header's name and scheme, once or twice, or the variable of a line that was copied whole.
_BEFORE = r"(?:(?:export\s+)?(?:proxy-)?authorization|(?:export\s+)?POSTHOG_\w+|x-api-key)\s*[:=]\s*|bearer(?:\s*:\s*|\s+|$|(?=ph[a-z]_))"
_NAMES = r"(?!ph[a-z]_)(?:(?:env|input|secrets?|vars?)[:.])?[A-Za-z_][\w-]{0,60}"
# ${NAME}, ${env:NAME} (with a default, which may be a key, it is not shown), {env:NAME}, $NAME, %NAME%, {{NAME}}, <NAME>, $(NAME)
_REFERENCE = rf"(?:\$?[{{<(\[]{{1,2}}\s*{_NAMES}\s*[}}>)\]]{{1,2}}|\${_NAMES}|%{_NAMES}%)"
PLACEHOLDERS = re.compile(
    r"""[{<\[$%(]               # {INSERT_YOUR_PERSONAL_API_KEY_HERE}, <KEY>, ${POSTHOG_API_KEY}, %KEY%
      | (your|my|insert|paste|replace|put)[-_. ]
      | x+$
      | (api[-_]?|personal[-_]?)*key([-_]?here)?$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def bare_key(text: str) -> str:
    """The key in what was given: without quotes, white space, `Authorization:` or `Bearer`, however often; perhaps empty."""
    former, key = None, text
    while key != former:
        former, key = key, re.sub(rf"^(?:{_BEFORE})", "", key.strip(_WRAPPING), flags=re.IGNORECASE)
    return key


def placeholder_in(key: str) -> str | None:
    """What stands there instead of a key, in words; None for what may be one. A reference is named, other texts are not."""
    if not PLACEHOLDERS.match(key.removeprefix("phx_")):
        return None
    named = re.fullmatch(_REFERENCE, key)
    return f"the placeholder `{key}`, not a key" if named else "a placeholder, not a key"
