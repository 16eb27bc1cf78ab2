"""What holds on which backend, in words: the table that the contract is held against and that docs/backends.md shows.

    python -m tests.contract.table         # writes it into docs/backends.md

A scenario gives the word for what it saw on a backend; here stands the word that is expected. So a row is true on every
backend, also where something is not to be had there.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.contract.backends import Backend

DOCS = Path(__file__).parents[2] / "docs" / "backends.md"
BEGIN, END = "<!-- backends:begin -->", "<!-- backends:end -->"
COLUMNS = ("embedded", "cascade", "OpenAI", "older dialect", "Azure Voice Live", "realtime with `OwnTurns`")


@dataclass(frozen=True, slots=True)
class Row:
    """One promise. `cascade` (with a language model; else it is as embedded) None: as embedded; `beta` and `azure` None: as
    `openai`; `own` None: as the same server without turns of our own."""

    says: str
    local: str
    openai: str
    beta: str | None = None
    azure: str | None = None
    own: str | None = None
    cascade: str | None = None

    def word(self, backend: Backend) -> str:
        """What is to be seen on a backend."""
        if backend.own_turns and self.own is not None:
            return self.own
        if backend.dialect == "cascade":
            return self.cascade if backend.written and self.cascade is not None else self.local
        found = {"local": self.local, "openai": self.openai, "beta": self.beta, "azure": self.azure}[backend.dialect]
        return self.openai if found is None else found

    def cells(self) -> tuple[str, ...]:
        """As COLUMNS has it."""
        servers = (self.openai, self.beta or self.openai, self.azure or self.openai)
        return (
            self.local,
            self.local if self.cascade is None else self.cascade,
            *servers,
            "as without" if self.own is None else self.own,
        )


def everywhere(says: str, word: str = "yes") -> Row:
    """A promise that is the same on every backend."""
    return Row(says, word, word)


ROWS = {
    "fixed greeting": Row(
        "A fixed `greeting` is said", "word by word", "as the model follows", azure="word by word",
    ),
    "kept greeting": Row(
        "… and from the second call on comes", "at once", "at once", azure="at once",
    ),
    "own greeting": everywhere("Without one (None) the agent greets in words of its own"),
    "no greeting": everywhere('With `""` it waits for the caller'),
    "early hello": everywhere("A hello into its first words", "is heard beside it"),
    "early caller": everywhere("What is said before the agent is ready is kept and answered"),
    "question": everywhere("A question is answered, a tool run for it and its result spoken"),
    "short word": everywhere("A word of half a second is answered"),
    "two tools": Row(
        "Two tools of one answer", "are used one by one", "are both told, then answered once",
        cascade="are both told, then answered once",
    ),
    "slow tool": everywhere("While a tool takes 4 s the caller hears", "a word to wait"),
    "barge-in": everywhere("An interruption cuts the item that is heard where it was heard"),
    "complete": everywhere("… also if the answer was complete long before"),
    "generating": Row(
        "… while it is generated, which is then", "complete already", "cancelled", cascade="cancelled",
    ),
    "two queued": everywhere("… and takes out the answer that waits behind it"),
    "jitter": everywhere("… with jitter of the network, within the bound"),
    "uh-huh": Row("“Uh-huh” over the agent", "lets it go on", "cuts it off", own="lets it go on"),
    "short yes": Row(
        "A short “yes” over a question is", "an answer", "an answer", own="an answer",
    ),
    "key": everywhere("A key silences the agent; what was entered is answered"),
    "both silent": everywhere("Cut off, and nobody speaks: the agent goes on by itself"),
    "put through": everywhere("A caller is put through to a destination when the last words were heard"),
    "nobody there": everywhere("… and is back if nobody answers, with an agent that knows what was said before"),
    "idle": everywhere("A caller who says nothing is asked whether they are there, twice, and then left with a goodbye"),
    "limit": everywhere("At the longest a call may be the agent says goodbye"),
    "silenced": everywhere("An operator silences the agent, which then waits for the caller"),
    "given words": Row(
        "An operator’s words are said", "word by word", "as the model follows", azure="word by word",
    ),
    "hang up": everywhere("The agent hangs up when its goodbye was heard"),
    "withdrawn": everywhere("… not if the caller speaks into it"),
    "lost stream": Row(
        "A stream is lost in an answer: on the next one", "the rest is said again", "the model is asked to go on",
        own="the rest is said again",
    ),
    "hung up": everywhere("The caller hangs up in an answer: what was heard is kept"),
    "lost session": Row(
        "The session is lost: the next knows what was said and heard", "there is none", "yes",
    ),
    "lost answer": Row(
        "… in the middle of an answer, which", "there is none", "goes on in the next",
    ),
    "renewed": Row("A session is renewed while words are written down: they", "there is none", "are not lost"),
    "late words": everywhere("The transcript is in the order of the talk, though words come late and twice"),
    "usage": Row(
        "What was used is told", "there is nothing to pay", "with its price", beta="without a price",
        azure="without a price", cascade="without a price",
    ),
}  # fmt: skip


def rendered() -> str:
    """The table in Markdown."""
    lines = [("", *COLUMNS), ("---",) * (len(COLUMNS) + 1), *((row.says, *row.cells()) for row in ROWS.values())]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)


def block() -> str:
    """The table between its markers."""
    return f"{BEGIN}\n{rendered()}\n{END}"


def shown(text: str) -> str:
    """The block as a page has it. Raises ValueError if there is none."""
    begin, end = text.index(BEGIN), text.index(END) + len(END)
    return text[begin:end]


def main() -> None:
    """Writes the table into the page."""
    text = DOCS.read_text()
    DOCS.write_text(text.replace(shown(text), block()))
    sys.stdout.write(f"{DOCS} has the table.\n")


if __name__ == "__main__":
    main()
