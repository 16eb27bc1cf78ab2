"""Whole calls with vendors' parts, at stand-ins that their SDKs get along with: what was heard is known to the word, and a vendor
that fails costs a turn and not the call."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from offhook.agent.agent import Agent
from offhook.agent.options import Cascade
from offhook.core import events as e
from offhook.parts.assemblyai import AssemblyAI
from offhook.parts.azure_recognition import AzureRecognition
from offhook.parts.azure_voices import AzureVoices
from tests.contract.backends import Backend
from tests.contract.stage import ADDRESS, MENU, Calling, Stage, World
from tests.parts import assemblyai_service
from tests.parts.azure_service import CHAR_MS, Recognition, Synthesis
from tests.parts.wired import Wired

GREETED = "Hello, this is the café."


@dataclass(frozen=True, slots=True)
class Vendors(Backend):
    """Azure or AssemblyAI hears, a model behind HTTP answers, Azure speaks."""

    stt: object = None
    tts: object = None

    def answering(self, agent: Agent) -> Agent:
        """The agent, made of these."""
        cascade = Cascade(stt=self.stt, llm="openai", tts=self.tts, prices={"gpt-4.1-mini": (1.0, 1000.0)})
        return replace(agent, model="cascade", cascade=cascade, voice="en-US-AvaMultilingualNeural")


def vendors(name: str, *words: str, refuses=(), voice: Synthesis | None = None) -> tuple[Vendors, Wired, Wired]:
    """The backend, and the sockets of its ears and of its mouth."""
    service = assemblyai_service.Service(*words) if name == "assemblyai" else Recognition(*words)
    hears, speaks = Wired(service.talk, refuses), Wired((voice or Synthesis()).talk)
    if name == "assemblyai":
        stt: object = AssemblyAI("universal-3-6-pro", "k", connect=hears.connect)
    else:
        stt = AzureRecognition("wss://r.test", "k", connect=hears.connect)
    tts = AzureVoices("wss://r.test", "k", connect=speaks.connect)
    return Vendors("cascade", stt=stt, tts=tts), hears, speaks


MENU_THEN_ADDRESS = """
  - wait: greeting
  - say: can you read me the menu
  - wait: speech
  - pause: 4s
  - say now: where are you located
  - wait: speech
  - wait: {silence: 3s}
"""


@pytest.mark.parametrize("name", ["azure", "assemblyai"])
def test_what_was_heard_of_an_answer_is_known_to_the_word(name: str, world: World, clock: asyncio.Runner) -> None:
    backend, hears, _ = vendors(name, "can you read me the menu", "where are you located")
    calling = clock.run(Stage(world, backend).call(MENU_THEN_ADDRESS))
    assert [role for role, _ in calling.turns()] == ["agent", "caller", "agent", "caller", "agent"]
    assert calling.turns()[1][1] == "can you read me the menu" and calling.turns()[-1] == ("agent", ADDRESS)
    menu = calling.kept()[2]
    (barged,) = calling.published(e.BargedIn)
    (heard_ms,) = barged.heard_ms.values()
    # The stand-in says a character in 50 ms, and nothing between two sentences.
    ends_ms, said_ms = [], 0
    for word in MENU.split():
        said_ms += CHAR_MS * len(word)
        ends_ms.append(said_ms)
        said_ms += 0 if word.endswith(".") else CHAR_MS
    heard = len(menu.text.split())
    assert ends_ms[heard - 1] <= heard_ms + 1 < ends_ms[heard]
    assert f"{menu.text} {menu.unheard}" == MENU
    assert len(hears.urls) == 1, "one connection for the whole call"
    assert calling.end().result is e.Result.COMPLETED


@pytest.mark.parametrize("refuses", [[401] * 9, [500] * 9, [OSError()] * 9], ids=["401", "500", "unreachable"])
def test_a_recogniser_that_is_refused_costs_turns_and_not_the_call(
    refuses, world: World, clock: asyncio.Runner
) -> None:
    backend, hears, _ = vendors("azure", "where are you located", refuses=refuses)
    calling = clock.run(
        Stage(world, backend).call(
            "  - wait: greeting\n  - say: where are you located\n  - wait: speech\n  - wait: {silence: 3s}\n"
        )
    )
    assert [role for role, _ in calling.turns()][:2] == ["agent", "caller"] and calling.turns()[1][
        1
    ] == "(not understood)"
    assert calling.turns()[2][0] == "agent", "the model is told that nothing was understood"
    assert calling.end().result is e.Result.COMPLETED and len(hears.urls) <= 4


def test_a_socket_that_is_lost_in_the_middle_of_a_turn_costs_nothing(world: World, clock: asyncio.Runner) -> None:
    backend, hears, speaks = vendors("azure", "where are you located")

    async def during(calling: Calling) -> None:
        while not hears.ends:
            await asyncio.sleep(0.1)
        await hears.drop()
        for end in speaks.ends:
            await end.close(1000, "idle")

    calling = clock.run(
        Stage(world, backend).call(
            "  - wait: greeting\n  - say: where are you located\n  - wait: speech\n  - wait: {silence: 3s}\n",
            during=during,
        )
    )
    assert calling.turns() == [("agent", GREETED), ("caller", "where are you located"), ("agent", ADDRESS)]
    assert len(hears.urls) == 2
    for used in calling.published(e.Used):  # of what was thrown away, too
        assert used.usd == pytest.approx((used.text_in + used.cached_in + 1000 * used.text_out) / 1e6) and used.usd > 0
