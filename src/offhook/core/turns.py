"""Whose go it is: when a caller's turn is over, and whether cutting in was one. Where offhook owns the turns.

Pure: time is an argument, in milliseconds.
"""

import re

CONFIRM_MS = 600.0  # speech this long over the agent is an interruption, whatever is said
SHORTEST_MS = 130.0  # a word takes longer: a recogniser finds some in a knock
LATE_MS = (
    160.0  # so much later than its start is the end of speech told: a pause must be longer than a breath to be one
)
COMPLETE_MS = 250.0  # silence that ends a turn whose words are a whole sentence (docs/speech.md)
OTHERWISE_MS = 700.0  # silence that ends any turn
SURE, UNSURE = 0.97, 0.5  # at least and at most so likely is a turn over that a model which hears it is believed
SOON_MS = 350.0  # silence that ends a turn which surely is over
LONGER_MS = 500.0  # so much more silence ends one that surely is not
LONGEST_MS = 30_000.0  # a turn is not longer: a noise that never stops must not keep the agent silent for ever

BACKCHANNELS = frozenset(
    {"mm", "mhm", "mm-hmm", "mmhmm", "mm hmm", "mm-hm", "uh-huh", "uh huh", "uhhuh", "uh", "um", "hm", "hmm", "hmm hmm", "ah",
     "aha", "oh", "i see", "hum", "ehm", "äh", "ähm", "ach so", "achso", "ach", "soso", "naja", "euh", "ah bon", "ah d'accord",
     "ah oui", "ajá", "ah ya", "ah sì", "ah ecco", "ah sim", "pois"}
)  # fmt: skip
"""Said to somebody who speaks, they mean: go on. In any of the languages that agents have phrases in: no word of one is a
sentence in another."""
ASSENTS = frozenset(
    {"yes", "yeah", "yep", "okay", "ok", "right", "sure", "all right", "alright", "fine", "no", "ja", "jo", "genau", "gut",
     "stimmt", "klar", "nein", "ja ja", "oui", "ouais", "d'accord", "voilà", "bien", "bien sûr", "non", "sí", "vale", "claro",
     "ya", "bueno", "eso", "sì", "certo", "va bene", "esatto", "bene", "goed", "prima", "precies", "nee", "sim",
     "está bem", "não"}
)  # fmt: skip
"""An answer where the agent asks, a backchannel elsewhere."""
GREETINGS = frozenset(
    {"hello", "hi", "hey", "hello hello", "good morning", "good afternoon", "good evening", "hallo", "guten tag", "guten morgen",
     "guten abend", "grüß gott", "bonjour", "bonsoir", "allô", "hola", "buenos días", "buenas tardes", "buenas noches", "buenas",
     "dígame", "ciao", "buongiorno", "buonasera", "pronto", "goedemorgen", "goedemiddag", "goedenavond", "olá", "bom dia",
     "boa tarde", "boa noite"}
)  # fmt: skip
"""Said into a greeting, they are answered by it."""


def interrupts(text: str, spoken_ms: float, asked: bool) -> bool:
    """True if a stretch of speech over the agent was meant to cut in: words that are no backchannel, or long speech.

    `asked`: the agent was asking a question.
    """
    if text:
        if 0.0 < spoken_ms < SHORTEST_MS and not asked:
            return False
        return not is_backchannel(text) and (asked or _plain(text) not in ASSENTS)
    return spoken_ms >= CONFIRM_MS


def is_backchannel(text: str) -> bool:
    """True for words that take no floor, in whatever case and punctuation a recogniser writes them."""
    return _plain(text) in BACKCHANNELS


def greets(text: str) -> bool:
    """True if a caller who said `text` wants no other answer than a greeting."""
    return not text or _plain(text) in GREETINGS | BACKCHANNELS | ASSENTS


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w' -]", " ", text.replace("’", "'")).lower().split())


class Endpointing:
    """Decides when the caller's turn ended, from the starts and stops of speech."""

    def __init__(self, complete_ms: float = COMPLETE_MS, otherwise_ms: float = OTHERWISE_MS) -> None:
        self._complete_ms, self._otherwise_ms = complete_ms, otherwise_ms
        self._began: float | None = None
        self._stopped: float | None = None
        self._paused_ms = 0.0
        self._wait_ms = otherwise_ms  # for what sounds like the end of this turn, or does not

    @property
    def open(self) -> bool:
        """True between the first word of a turn and its end."""
        return self._began is not None

    def started(self, at: float) -> bool:
        """Speech began. True if it begins a turn, False if it goes on with one."""
        if self._began is None:
            self._began, self._stopped, self._paused_ms = at, None, 0.0
            return True
        if self._stopped is not None:
            self._paused_ms += at - self._stopped
            self._stopped = None
        return False

    def stopped(self, at: float) -> None:
        """Speech stopped at this moment (which may have been told later)."""
        self._stopped, self._wait_ms = at, self._otherwise_ms

    def weigh(self, over: float) -> None:
        """How likely, from 0 to 1, the turn is over by the sound of it. Counts until speech goes on; after that it is
        too late, and changes nothing."""
        if self._stopped is None:
            return
        if over >= SURE:
            self._wait_ms = min(max(SOON_MS, self._complete_ms), self._otherwise_ms)
        elif over <= UNSURE:
            self._wait_ms = self._otherwise_ms + LONGER_MS

    def ended(self, now: float, complete: bool) -> float | None:
        """The turn's length of speech in ms if it is over now, and the turn is closed; None if it goes on.

        `complete`: the words so far are a whole sentence.
        """
        if self._began is None:
            return None
        if now - self._began >= LONGEST_MS:
            self._stopped = now if self._stopped is None else self._stopped
        elif self._stopped is None or now - self._stopped < (self._complete_ms if complete else self._wait_ms):
            return None
        spoken_ms = self._stopped - self._began - self._paused_ms
        self._began = self._stopped = None
        return spoken_ms
