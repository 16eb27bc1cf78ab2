"""The short sentences an agent says by itself: while the caller waits, when the AI was lost, before it gives up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from offhook.core.events import Line
from offhook.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Phrases:
    """What an agent on a realtime model says while the model cannot. None: usual words in the agent's language, English
    if none are known; empty: nothing is said.

    `waiting` are said in turn while the caller waits for an answer; `lost` when the connection to the model broke and is
    being made again; `goodbye` when it is lost for good, before the call ends.
    """

    waiting: Sequence[str] | None = None
    lost: str | None = None
    goodbye: str | None = None

    def __post_init__(self) -> None:
        """Raises ConfigError for anything but texts."""
        if isinstance(self.waiting, str) or not isinstance(self.waiting, Iterable | None):
            raise ConfigError(f"Phrases.waiting must be a list of texts, not {self.waiting!r}.")
        if self.waiting is not None:
            object.__setattr__(self, "waiting", tuple(self.waiting))
        for text in (*(self.waiting or ()), self.lost or "", self.goodbye or ""):
            if not isinstance(text, str) or text.encode("utf-8", "replace").decode() != text:
                raise ConfigError(f"A phrase must be a text, not {text!r}.")

    def in_language(self, tag: str) -> dict[Line, tuple[str, ...]]:
        """What there is to say for each line, in a language such as "en-US"."""
        usual = USUAL.get(_language(tag), USUAL["en"])
        waiting = usual.waiting if self.waiting is None else self.waiting
        lost = usual.lost if self.lost is None else self.lost
        goodbye = usual.goodbye if self.goodbye is None else self.goodbye
        found = {Line.WAIT: tuple(waiting or ()), Line.LOST: (lost or "",), Line.GOODBYE: (goodbye or "",)}
        return {line: tuple(text for text in texts if text.strip()) for line, texts in found.items()}


def _language(tag: str) -> str:
    return tag.replace("_", "-").partition("-")[0].lower()


USUAL = {
    "en": Phrases(
        ("One moment, please.", "Still with you.", "Just a moment longer."),
        "Sorry, I lost my connection for a moment.", "Sorry, something has gone wrong. Goodbye.",
    ),
    "de": Phrases(
        ("Einen Moment, bitte.", "Ich bin noch da.", "Einen kleinen Moment noch."),
        "Entschuldigung, meine Verbindung war kurz weg.", "Entschuldigung, etwas ist schiefgegangen. Auf Wiederhören.",
    ),
    "fr": Phrases(
        ("Un instant, s'il vous plaît.", "Je suis toujours là.", "Encore un petit instant."),
        "Pardon, j'ai perdu ma connexion un instant.", "Désolé, un problème est survenu. Au revoir.",
    ),
    "es": Phrases(
        ("Un momento, por favor.", "Sigo aquí.", "Un momento más."),
        "Perdón, he perdido la conexión un momento.", "Lo siento, algo ha salido mal. Adiós.",
    ),
    "it": Phrases(
        ("Un momento, per favore.", "Sono ancora qui.", "Ancora un momento."),
        "Mi scusi, ho perso la connessione per un momento.", "Mi dispiace, qualcosa è andato storto. Arrivederci.",
    ),
    "nl": Phrases(
        ("Een ogenblik, alstublieft.", "Ik ben er nog.", "Nog een klein momentje."),
        "Sorry, ik was even de verbinding kwijt.", "Sorry, er is iets misgegaan. Tot ziens.",
    ),
    "pt": Phrases(
        ("Um momento, por favor.", "Ainda estou aqui.", "Só mais um momento."),
        "Desculpe, perdi a ligação por um momento.", "Desculpe, algo correu mal. Adeus.",
    ),
}  # fmt: skip
"""By language."""
