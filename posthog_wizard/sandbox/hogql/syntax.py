"""HogQL's grammar: sqlglot's ClickHouse, with `$` in names and every function left as it was written."""

import logging
from itertools import accumulate
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.clickhouse import ClickHouse
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.clickhouse import ClickHouseParser
from sqlglot.tokenizer_core import Token, TokenType

from posthog_wizard.sandbox.reader import QueryRejected

logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns of what we refuse anyway
_LONGEST = 20_000  # characters
_DEEPEST = 60  # parentheses within each other
_LONGEST_NUMBER = 40  # characters; Python itself refuses whole numbers of some thousands
SHOWN = 120  # characters of a piece of the query in a message
_INSTEAD = {
    ("", "sample"): " Leave SAMPLE out: all rows are read.",
    ("", "settings"): " Leave SETTINGS out: nothing is set from here.",
    ("", "format"): " Leave FORMAT out: the answer is JSON.",
    ("", "final"): " Leave FINAL out.",
    ("", "recursive"): " Only WITH without RECURSIVE is translated.",
    ("", "windows"): " Write the window after OVER instead of naming it.",
    ("Limit", "expressions"): " Instead of LIMIT … BY use row_number() OVER (PARTITION BY …) in a subquery.",
    ("Table", "db"): " Tables have no database before their name.",
}


class _HogQL(ClickHouse):
    """The dialect. Functions stay anonymous, so that our own table says what each of them is."""

    INDEX_OFFSET = 0  # positions stay as they were written, from one

    class Tokenizer(ClickHouse.Tokenizer):
        """`properties.$browser` is a name, not the beginning of a quoted text."""

        HEREDOC_STRINGS: ClassVar = []
        SINGLE_TOKENS: ClassVar = {
            name: kind for name, kind in ClickHouse.Tokenizer.SINGLE_TOKENS.items() if name != "$"
        }
        VAR_SINGLE_TOKENS: ClassVar = {"$"}

    class Parser(ClickHouseParser):
        """Only CAST and CASE have a syntax of their own."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {"CAST": ClickHouseParser.FUNCTION_PARSERS["CAST"]}
        NO_PAREN_FUNCTIONS: ClassVar = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": ClickHouseParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


def parse_select(text: str) -> exp.Query:
    """The one SELECT that the text is. Raises QueryRejected."""
    if len(text) > _LONGEST:
        raise QueryRejected(f"The query is longer than {_LONGEST} characters.")
    depths = accumulate(((one in "([{") - (one in ")]}") for one in text), initial=0)
    if max(depths) > _DEEPEST:
        raise QueryRejected(f"The query has more than {_DEEPEST} parentheses within each other.")
    try:
        tokens = _with_placeholders(_HogQL().tokenize(text))
        for token in tokens:
            if token.token_type is TokenType.NUMBER and len(token.text) > _LONGEST_NUMBER:
                raise QueryRejected(
                    f"`{token.text[:_LONGEST_NUMBER]}...` is not a number that the sandbox understands."
                )
        statements = [one for one in _HogQL().parser().parse(tokens, text) if one is not None]
    except SqlglotError as error:
        raise QueryRejected(_plain(error)) from None
    except RecursionError:
        raise QueryRejected("The query is nested too deeply.") from None
    except (AttributeError, LookupError, TypeError, ValueError):  # the parser itself stumbles, as over `VALUES ()`
        raise QueryRejected("Syntax error: this is not SQL that the sandbox can read.") from None
    if len(statements) != 1:
        raise QueryRejected(f"One SELECT statement is expected, not {len(statements)} statements.")
    if not isinstance(statements[0], exp.Query):
        raise QueryRejected(f"Only SELECT is answered, not {tokens[0].text.upper()[:SHOWN]}.")
    return statements[0]


def _with_placeholders(tokens: list[Token]) -> list[Token]:
    """`{filters}` as `:filters`, which the parser takes for what it is."""
    made: list[Token] = []
    for token in tokens:
        made.append(token)
        if [one.text for one in made[-3::2]] == ["{", "}"] and made[-2].text.isidentifier():
            opening, name, _ = made[-3:]
            place = (opening.line, opening.col, opening.start, opening.end)
            made[-3:] = [Token(TokenType.COLON, ":", *place), Token(TokenType.VAR, name.text, *place)]
    return made


def refuse_others(node: exp.Expr, allowed: tuple[str, ...]) -> None:
    """Raise QueryRejected when the node has any part but those that are translated."""
    for part, value in node.args.items():
        if part not in allowed and value not in (None, False, [], ""):
            shown = node_text(value[0] if isinstance(value, list) else value)
            advice = _INSTEAD.get((type(node).__name__, part)) or _INSTEAD.get(("", part), "")
            raise QueryRejected(f"The sandbox does not understand {part.strip('_').upper()} `{shown}` here.{advice}")


def node_text(node: object) -> str:
    """A piece of the query as text, for a message."""
    return node.sql(dialect=_HogQL)[:SHOWN] if isinstance(node, exp.Expr) else str(node)[:SHOWN]


def _plain(error: SqlglotError) -> str:
    """The parser's first complaint without the colours of a terminal; where it names its own classes, PostHog's words."""
    text = str(error).splitlines()[0] if str(error) else "not SQL"
    if "<" in text and isinstance(error, ParseError) and error.errors:
        first = error.errors[0]
        # after WHERE, AND, ... there is nothing
        ended = str(first["highlight"]).upper() in ClickHouse.Tokenizer.KEYWORDS
        said = "mismatched input '<EOF>'" if ended else f"no viable alternative at input '{first['highlight']}'"
        return f"Syntax error at line {first['line']}, column {first['col']}: {said}"
    return "Syntax error: " + text.replace("\x1b[4m", "`").replace("\x1b[0m", "`")
