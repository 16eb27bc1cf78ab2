"""Measures how well the simulated caller understands an agent by its sound: phrases found, and found where they are not.

    python -m bench.hearing

Thirty sentences by four voices of espeak-ng, 71 phrases out of them, over µ-law at 8 kHz; the sentences differ from the
phrases in what is said before and after, and so in melody and speed.
"""

import asyncio
import re
import time

import numpy as np

from offhook.sim.understanding import _NEAR, MODEL, Understanding, imitation, norm_of
from offhook.speech.engines.espeak import EspeakSynthesizer

SENTENCES = """
Hello, this is the demo voice of the Blue Door Café. Ask for our hours, address, or menu.
We are open from eight to six on weekdays, and from nine to four at the weekend. Is there anything else?
We are at twelve Mill Street, opposite the railway station. Is there anything else?
Here is the menu.
An espresso is two euros, an americano two fifty, a cappuccino three twenty, and a latte three fifty.
Tea is two euros twenty: black, green, mint, or camomile.
Cold drinks are lemonade and apple juice, each two eighty.
To eat, we have a butter croissant for two euros, a cheese sandwich for five, and tomato soup with bread for six.
The cake of the day is four euros: today it is carrot cake.
Thank you for calling. Goodbye!
What would you like to know? You can ask for our opening hours, our address, or the menu.
Sorry, I did not understand that. You can ask for our opening hours, our address, or the menu.
So that is a large latte with oat milk. Is that right?
So that is a small cappuccino with two sugars. Is that right?
One large latte with oat milk has been ordered. Anything else?
Your order has been cancelled. Is there anything else?
I can book a table for you. For how many people, and at what time?
A table for four at seven o'clock tomorrow evening. Is that right?
I will put you through to one of my colleagues. One moment, please.
Please enter your number with the keypad.
Which size would you like: small, medium, or large?
Let me look that up for you.
We have no oat milk today. Would you like soy milk instead?
That makes seven euros and forty cents together.
I changed it to a small espresso with one extra shot.
Are you still there?
Your table is booked. We look forward to seeing you.
Sorry, the kitchen is closed on Sundays.
A medium americano without sugar, dark roast.
Your reservation number is four two seven.
""".strip().split("\n")
PHRASES = (
    """
blue door café | hours address or menu | ask for our hours | from eight to six | from nine to four | on
weekdays | at the weekend | is there anything else | twelve mill street | mill street | opposite the railway
station | railway station | here is the menu | an espresso is two euros | americano two fifty | a cappuccino
three twenty | latte three fifty | two euros twenty | black green mint | mint or camomile | lemonade and apple
juice | apple juice | cold drinks | each two eighty | butter croissant | cheese sandwich | tomato soup with
bread | cake of the day | carrot cake | thank you for calling | goodbye | what would you like to know |
opening hours | you can ask for | did not understand | sorry | large latte | large latte with oat milk | small
cappuccino | two sugars | is that right | has been ordered | order has been cancelled | book a table | how
many people | table for four | seven o'clock | tomorrow evening | one of my colleagues | one moment please |
with the keypad | enter your number | which size | small medium or large | let me look that up | no oat milk
today | soy milk instead | seven euros | forty cents | small espresso | one extra shot | still there | table
is booked | look forward to seeing you | kitchen is closed | on sundays | medium americano | without sugar |
dark roast | reservation number | four two seven
""".replace("\n", " ")
    .strip()
    .split(" | ")
)

IMITATED = ("en-us", "en")
"""What a caller imitates if the script does not say how the agent speaks."""
AGENTS = (("en-us", 170), ("en-us", 150), ("en-us", 195), ("en", 170), ("en-us+f3", 170), ("en-gb-scotland", 160))


def holds(sentence: str, phrase: str) -> bool:
    """Whether a sentence has the words of a phrase in a row."""
    said, wanted = (re.findall(r"[a-z']+", text.lower().replace("é", "e")) for text in (sentence, phrase))
    return any(said[at : at + len(wanted)] == wanted for at in range(len(said) - len(wanted) + 1))


async def spoken(voice: str, words_per_minute: int, texts: list[str]) -> list[bytes]:
    """Each text as µ-law."""
    espeak = EspeakSynthesizer(voice, words_per_minute)
    try:
        return [(await espeak.speak(text)).audio for text in texts]
    finally:
        await espeak.close()


async def imitations(voices: tuple[str, ...]) -> dict[str, list[np.ndarray]]:
    """Each phrase by each voice."""
    of: dict[str, list[np.ndarray]] = {phrase: [] for phrase in PHRASES}
    for voice in voices:
        model, *said = await spoken(voice, 170, [MODEL, *PHRASES])
        for phrase, audio in zip(PHRASES, said, strict=True):
            of[phrase].append(imitation(audio, norm_of(model)))
    return of


def measure(agent: list[bytes], words: dict[str, list[np.ndarray]]) -> str:
    """Hits, false alarms and how far apart they are, over one agent's sentences."""
    near: list[float] = []
    far: list[float] = []
    at, began = 0.0, time.process_time()
    understanding = Understanding(words)
    for sentence, audio in zip(SENTENCES, agent, strict=True):
        understanding.listen([(at, audio + b"\xff" * 800)])
        first = understanding._hop_at(at)
        for phrase in PHRASES:
            (near if holds(sentence, phrase) else far).append(understanding.nearest(phrase, first))
        at += len(audio) / 8 + 5000
    found, false = np.array(near) <= _NEAR, np.array(far) <= _NEAR
    each_ms = (time.process_time() - began) * 1000 / len(SENTENCES) / len(PHRASES)
    return (
        f"found {found.sum()} of {len(found)} ({found.mean():.1%}), false {false.sum()} of {len(false)} "
        f"({false.mean():.2%}), distance of the farthest same {np.quantile(near, 0.97):.2f} (97 %), of the nearest other "
        f"{np.quantile(far, 0.01):.2f} (1 %) {np.quantile(far, 0.002):.2f} (0.2 %), {each_ms:.1f} ms a look"
    )


def main() -> None:
    """Prints one line for each agent and each choice of imitated voices."""
    both = asyncio.run(imitations(IMITATED))
    print(f"nearness {_NEAR}; imitated voices by default: {', '.join(IMITATED)}")
    for voice, speed in AGENTS:
        agent = asyncio.run(spoken(voice, speed, SENTENCES))
        print(f"{voice:15} {speed} words/min, by default: {measure(agent, both)}")
        if voice not in IMITATED:
            print(f"{voice:15} {speed} words/min, told      : {measure(agent, asyncio.run(imitations((voice,))))}")


if __name__ == "__main__":
    main()
