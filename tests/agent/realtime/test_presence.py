from offhook.agent.realtime.presence import Presence
from offhook.core import events as e


def test_an_agent_joins_once_and_comes_and_goes_as_often_as_it_happens():
    told = []
    presence = Presence(told.append, e.AgentJoined("openai:m", "provider"))
    presence.absent(lost=True)
    presence.join()
    presence.join()
    presence.present()
    presence.present()
    presence.absent()
    presence.absent()
    presence.absent(lost=True)
    assert told == [
        e.AgentAway(lost=False), e.AgentJoined("openai:m", "provider"), e.AgentBack(), e.AgentAway(), e.AgentAway(lost=True),
    ]  # fmt: skip
