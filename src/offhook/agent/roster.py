"""Who answers which call: one agent, an agent for each number, or a function that chooses; and the engines behind them."""

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Mapping

from offhook.agent.agent import Agent
from offhook.agent.credentials import Credentials
from offhook.agent.models import Engine, engine_for
from offhook.core.leg import AgentLeg, CallInfo
from offhook.errors import CallRefused, ConfigError

log = logging.getLogger(__name__)

Agents = Agent | Mapping[str, Agent] | Callable[[CallInfo], Agent]
"""One agent for every call; agents by our own number ("*": every other); or a function of the call, which must not block."""

OTHERWISE = "*"


class Roster:
    """The agents of a server, and one engine for each model they name. Agents may be replaced while calls go on."""

    def __init__(
        self, agents: Agents, known: Iterable[Agent] = (), credentials: Credentials = Credentials()  # noqa: B008
    ) -> None:  # fmt: skip
        """`known`: the agents a function may choose from, to make ready at the start. Raises ConfigError."""
        self._credentials = credentials
        self._engines: dict[str, Engine] = {}
        self._started: set[str] = set()
        self._choose, self._known = _chooser(agents), _known(agents, known)
        for agent in self._known:
            self._engine(agent)

    def _engine(self, agent: Agent) -> Engine:
        if agent.model not in self._engines:
            self._engines[agent.model] = engine_for(agent.model, self._credentials)
        return self._engines[agent.model]

    async def start(self) -> None:
        """Makes every known agent ready. Raises ConfigError if one of them cannot be."""
        await self._make_ready(self._known)

    async def replace(self, agents: Agents, known: Iterable[Agent] = ()) -> None:
        """From now on these agents answer; calls that are on keep theirs. Raises ConfigError, and then nothing changes."""
        choose, names = _chooser(agents), _known(agents, known)
        await self._make_ready(names)
        self._choose, self._known = choose, names

    async def _make_ready(self, agents: Iterable[Agent]) -> None:
        agents = list(agents)
        for model, engine in {agent.model: self._engine(agent) for agent in agents}.items():
            if model not in self._started:
                await engine.start()
                self._started.add(model)
        await asyncio.gather(*(self._engine(agent).prepare(agent) for agent in agents))

    def open(self, info: CallInfo) -> AgentLeg:
        """The agent leg of a call. Raises CallRefused if no agent answers it."""
        agent = self._choose(info)
        try:
            leg = self._engine(agent).leg(agent)
        except ConfigError as error:
            raise CallRefused(str(error)) from error
        leg.keeping = agent.keeping
        return leg

    async def close(self) -> None:
        """Ends the engines. Idempotent."""
        await asyncio.gather(*(engine.close() for engine in self._engines.values()))


def _chooser(agents: Agents) -> Callable[[CallInfo], Agent]:
    if isinstance(agents, Agent):
        return lambda _info: agents
    if isinstance(agents, Mapping):
        by_number = _numbers(agents)
        return lambda info: _by_number(by_number, info)
    if inspect.iscoroutinefunction(agents):
        raise ConfigError("The function that chooses the agent is async; let it look up what was loaded before.")
    try:
        inspect.signature(agents).bind(None)
    except (TypeError, ValueError):
        raise ConfigError("The function that chooses the agent must take one thing, the call.") from None
    return lambda info: _chosen(agents, info)


def _numbers(agents: Mapping[str, Agent]) -> dict[str, Agent]:
    found: dict[str, Agent] = {}
    for key, agent in agents.items():
        if not isinstance(key, str):
            raise ConfigError(f'An agent\'s number must be a text such as "+15550100", not {key!r}.')
        if (number := _number(key)) in found:
            raise ConfigError(f"Two agents have the number {number}.")
        found[number] = agent
    return found


def _known(agents: Agents, known: Iterable[Agent]) -> list[Agent]:
    if isinstance(agents, Agent):
        return [agents]
    return list(agents.values()) if isinstance(agents, Mapping) else list(known)


def _by_number(agents: Mapping[str, Agent], info: CallInfo) -> Agent:
    ours = info.called if info.direction == "inbound" else info.caller
    agent = agents.get(_number(ours), agents.get(OTHERWISE))
    if agent is None:
        raise CallRefused(f'no agent has the number {ours}: add it, or "{OTHERWISE}" for every other number')
    return agent


def _chosen(choose: Callable[[CallInfo], Agent], info: CallInfo) -> Agent:
    try:
        agent = choose(info)
    except (Exception, SystemExit) as error:  # an exit of the user's is none of ours
        log.exception("the function that chooses the agent failed")
        raise CallRefused("the function that chooses the agent failed") from error
    if not isinstance(agent, Agent):
        raise CallRefused(f"the function that chooses the agent gave {type(agent).__name__}; it must give an Agent")
    return agent


def _number(text: str) -> str:
    """A number without the spaces, dots and dashes that people write; anything else as it is."""
    return re.sub(r"[\s().-]", "", text) if re.fullmatch(r"\+?[\d\s().-]+", text) else text
