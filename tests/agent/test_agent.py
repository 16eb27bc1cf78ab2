from offhook import Agent


def test_an_agent_needs_nothing():
    assert (Agent().model, Agent().greeting, Agent().silence_ms) == ("local", None, 700)
