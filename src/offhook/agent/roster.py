"""Who answers which call: one agent, an agent for each number, or a function that chooses; and the engines behind them."""

import asyncio
import inspect
import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from offhook.agent.agent import Agent
from offhook.agent.backends import BACKENDS
from offhook.agent.credentials import Credentials
from offhook.agent.failover import Candidate, FailoverLeg
from offhook.agent.models import Engine, engine_for
from offhook.agent.outbound import in_call, plan
from offhook.agent.tools import Tool, ToolSource
from offhook.core.leg import AgentLeg, CallInfo
from offhook.core.opening import Plan
from offhook.core.past import Past
from offhook.errors import CallRefused, ConfigError, NotOffered

log = logging.getLogger(__name__)

Agents = Agent | Mapping[str, Agent] | Callable[[CallInfo], Agent]
"""One agent for every call; agents by our own number ("*": every other); or a function of the call, which must not block."""

OTHERWISE = "*"
ALONE = "agent"
"""The name of the only agent, if nothing else names it."""
NOBODY: Mapping[str, Agent] = {}


class Roster:
    """The agents of a server, and one engine for each model they name. Agents may be replaced while calls go on."""

    def __init__(
        self, agents: Agents, known: Mapping[str, Agent] = NOBODY, credentials: Credentials = Credentials()  # noqa: B008
    ) -> None:  # fmt: skip
        """`known`: agents by the names their module gives them. A function chooses from them, so they are made ready at the
        start, and a call may name any of them. Raises ConfigError."""
        self._credentials = credentials
        self._engines: dict[str, Engine] = {}
        self._started: set[str] = set()
        self._starting = asyncio.Lock()
        self._tools: dict[Tool | ToolSource, None] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._choose, self._named, self._agents = _chooser(agents), _named(agents, known), agents
        self._answering = answering(agents, known)
        for agent in self._answering:
            for model in agent.models:
                self._engine(model)

    def _engine(self, model: str) -> Engine:
        if model not in self._engines:
            self._engines[model] = engine_for(model, self._credentials)
        return self._engines[model]

    async def start(self) -> None:
        """Makes every agent that answers ready. Raises ConfigError if one of them cannot be."""
        await self._make_ready(self._answering)

    async def replace(self, agents: Agents, known: Mapping[str, Agent] = NOBODY) -> None:
        """From now on these agents answer; calls that are on keep theirs. Raises ConfigError, and then nothing changes."""
        choose, named, first = _chooser(agents), _named(agents, known), answering(agents, known)
        await self._make_ready(first)
        self._choose, self._named, self._answering, self._agents = choose, named, first, agents
        self._retire([*first, *named.values()])

    async def _make_ready(self, agents: Iterable[Agent]) -> None:
        """Raises ConfigError for an agent none of whose models can be used; one that has another is told of in the log."""
        agents = list(agents)
        async with self._starting:
            await self._start_sources(agents)
            failed = await self._start(dict.fromkeys(model for agent in agents for model in agent.models))
        await asyncio.gather(*(self._make_one_ready(agent, failed) for agent in agents))

    async def _make_one_ready(self, agent: Agent, failed: Mapping[str, ConfigError]) -> None:
        """`failed`: the models whose engines did not start, and why."""
        problems = {model: failed[model] for model in agent.models if model in failed}
        started = [model for model in agent.models if model not in failed]
        prepared = (self._engine(model).prepare(agent.on(model)) for model in started)
        for model, problem in zip(started, await asyncio.gather(*prepared, return_exceptions=True), strict=True):
            if isinstance(problem, ConfigError):
                problems[model] = problem
            elif problem is not None:
                raise problem
        if len(problems) == len(agent.models):
            raise problems[agent.models[0]]
        for model, problem in problems.items():
            log.warning("%s cannot be used now: %s", model, problem)

    async def _start_sources(self, agents: Iterable[Agent]) -> None:
        tools = [each for agent in agents for each in agent.tools if isinstance(each, Tool | ToolSource)]
        self._tools |= dict.fromkeys(tools)
        await asyncio.gather(*(each.start() for each in set(tools) if isinstance(each, ToolSource)))

    def _retire(self, kept: Iterable[Agent]) -> None:
        """Closes what tools of agents that were replaced hold. Calls that still use one open it again."""
        used = {each for agent in kept for each in agent.tools}
        for each in [each for each in self._tools if each not in used]:
            closing = asyncio.get_running_loop().create_task(
                each.close(), name="close tools of an agent that was replaced"
            )
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _start(self, models: Iterable[str]) -> dict[str, ConfigError]:
        waiting = [model for model in models if model not in self._started]
        engines = [self._engine(model) for model in waiting]
        results = await asyncio.gather(*(engine.start() for engine in engines), return_exceptions=True)
        failed = {}
        for model, problem in zip(waiting, results, strict=True):
            if isinstance(problem, ConfigError):
                failed[model] = problem
            elif problem is not None:
                raise problem
            else:
                self._started.add(model)
        return failed

    # ------------------------------------------------------------------------------------------ one call

    def names(self) -> dict[str, Agent]:
        """The agents by the names that a call may ask for: an agent's own `name`, else what its module calls it, else
        the number it has."""
        return dict(self._named)

    def listed(self) -> list[tuple[str, Agent, list[str]]]:
        """Every known agent by its name, with the numbers that it answers; "*" for all others. Which agent a function
        chooses for a number nobody knows."""
        if isinstance(self._agents, Agent):
            return [(name, agent, [OTHERWISE] * (agent is self._agents)) for name, agent in self._named.items()]
        by_number = self._agents.items() if isinstance(self._agents, Mapping) else ()
        return [
            (name, agent, [number for number, its in by_number if its is agent]) for name, agent in self._named.items()
        ]

    def backends(self) -> list[str]:
        """What a call may name instead of its agent's model: the usual backends, and the models that agents have."""
        own = (model for agent in self._named.values() for model in agent.models)
        return list(dict.fromkeys((*BACKENDS, *own)))

    async def ready(self, info: CallInfo, *, agent: str | None = None, backend: str | None = None) -> None:
        """Makes ready what `open` of the same arguments will need, before anybody is called. Raises NotOffered, or
        CallRefused if no agent has the call."""
        try:
            await self._make_ready([self.agent_of(info, agent=agent, backend=backend)])
        except ConfigError as error:
            raise NotOffered(str(error)) from error

    def open(self, info: CallInfo, *, agent: str | None = None, backend: str | None = None) -> AgentLeg:
        """The agent leg of a call: of the agent of this name, else of the one whose call it is; on this backend, else on
        the agent's own models. Raises NotOffered for a name that there is none of, CallRefused if no agent answers."""
        who = self.agent_of(info, agent=agent, backend=backend)
        try:
            if len(who.models) == 1:
                (model,) = who.models
                leg: AgentLeg = self._engine(model).leg(who.on(model))
            else:
                leg = FailoverLeg([self._candidate(who, model) for model in who.models])
        except ConfigError as error:
            raise CallRefused(str(error)) from error
        leg.keeping = who.keeping
        return leg

    async def reopen(self, past: Past) -> tuple[AgentLeg, Plan | None]:
        """The agent leg of a call that another process began, and how it opens, if it was asked for here: of the same agent on
        the same backend, if there still are such. Raises as `open` does."""
        agent = past.agent if past.agent in self._named else None
        backend = past.backend if past.backend in self.backends() else None
        if backend is not None:  # which no agent here may have
            await self.ready(past.info, agent=agent, backend=backend)
        leg = self.open(past.info, agent=agent, backend=backend)
        if not past.amd:
            return leg, None
        return leg, plan(self.agent_of(past.info, agent=agent, backend=backend), past.amd)

    def agent_of(self, info: CallInfo, *, agent: str | None = None, backend: str | None = None) -> Agent:
        """Who `open` of the same arguments gives a leg of, with the texts as they are in this call. Raises as `open` does."""
        return in_call(self._wanted(info, agent, backend), info)

    def _candidate(self, agent: Agent, model: str) -> Candidate:
        alone = model == agent.models[-1]
        return Candidate(model, lambda: self._engine(model).leg(agent.on(model), alone=alone))

    def _wanted(self, info: CallInfo, name: str | None, backend: str | None) -> Agent:
        if name is None:
            agent = self._choose(info)
        elif name in self._named:
            agent = self._named[name]
        else:
            there = ", ".join(sorted(self._named)) or "none that has a name"
            raise NotOffered(f'There is no agent "{name[:40]}" here; there is {there}.')
        if not agent.name:
            called = next((name for name, its in self._named.items() if its is agent), "")
            agent = replace(agent, name=called)  # what is kept of the call says who had it
        if backend is None:
            return agent
        if backend not in self.backends():
            there = ", ".join(self.backends())
            raise NotOffered(f'There is no backend "{backend[:40]}" here; there is {there}.')
        return agent.on(backend)

    async def close(self) -> None:
        """Ends the engines and what tools come from. Idempotent."""
        engines = (engine.close() for engine in self._engines.values())
        await asyncio.gather(*engines, *(each.close() for each in self._tools), *self._closing)


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


def answering(agents: Agents, known: Mapping[str, Agent]) -> list[Agent]:
    """The agents that may get a call without being named."""
    if isinstance(agents, Agent):
        return [agents]
    return list((agents if isinstance(agents, Mapping) else known).values())


def _named(agents: Agents, known: Mapping[str, Agent]) -> dict[str, Agent]:
    if isinstance(agents, Agent):
        answering: Mapping[str, Agent] = {ALONE: agents}
    else:
        answering = agents if isinstance(agents, Mapping) else {}
    of_module = {id(agent): name for name, agent in reversed(list(known.items()))}
    named: dict[str, Agent] = {}
    for key, agent in (*known.items(), *answering.items()):
        name = agent.name or of_module.get(id(agent), key)
        if named.setdefault(name, agent) != agent:
            raise ConfigError(f'Two agents have the name "{name}": give one of them another.')
    return named


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
