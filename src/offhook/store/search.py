"""Finding calls by what was said in them."""

import re

from sqlalchemy import ColumnElement, Select, func, literal_column, select, text

from offhook.store.tables import TurnRow


def calls_that_say(words: str, dialect: str) -> Select[str]:
    """A select of the ids of calls in which one turn has all of the words, each from its beginning ("book" finds
    "booking"), whatever their case. Nothing but signs finds nothing."""
    return select(TurnRow.call_id).distinct().where(turn_says(words, dialect))


def turn_says(words: str, dialect: str) -> ColumnElement[bool]:
    """The condition that one turn has all of the words."""
    wanted = re.findall(r"\w+", words.lower())
    if not wanted:
        return literal_column("1=0")
    return _postgresql(wanted) if dialect == "postgresql" else _sqlite(wanted)


def _postgresql(words: list[str]) -> ColumnElement[bool]:
    # "simple", as in the index: callers speak any language.
    language: ColumnElement[str] = literal_column("'simple'::regconfig")
    query = func.to_tsquery(language, " & ".join(f"'{word}':*" for word in words))
    return func.to_tsvector(language, TurnRow.text).op("@@", is_comparison=True)(query)


def _sqlite(words: list[str]) -> ColumnElement[bool]:
    found = text("SELECT rowid FROM turns_words WHERE turns_words MATCH :words").bindparams(
        words=" ".join(f'"{word}"*' for word in words)
    )
    return TurnRow.id.in_(found)
