from offhook.agent.presence import Presence
from offhook.core import events as e


def test_an_agent_joins_once_and_comes_and_goes_as_often_as_it_happens():
    told = []
    presence = Presence(told.append)
    presence.absent(lost=True)
    presence.join()
    presence.join()
    presence.present()
    presence.present()
    presence.absent()
    presence.absent()
    presence.absent(lost=True)
    assert told == [
        e.AgentAway(lost=False), e.AgentJoined(), e.AgentBack(), e.AgentAway(), e.AgentAway(lost=True),
    ]  # fmt: skip


def test_another_leg_goes_on_where_one_left_off():
    told = []
    first, second = Presence(told.append), Presence(told.append)
    first.join()
    first.absent()
    second.take_over(first)
    second.join()
    second.present()
    assert told == [e.AgentJoined(), e.AgentAway(), e.AgentBack()]
