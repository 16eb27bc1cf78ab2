from offhook.cli.live import LiveTalk
from offhook.core import events as e


def kept(turn, role, text, unheard=""):
    return e.TurnKept(turn, role, text, unheard, None if role == "caller" else f"i{turn}", 0.0, 0.0)


def shown(*events):
    lines = []
    talk = LiveTalk(lines.append)
    for event in events:
        talk.watch("call", event)
    assert talk._calls == {}, "nothing is kept of a call that is over"
    return lines


END = e.Ended(e.Result.COMPLETED, e.Reason.CALLER_HUNG_UP)


def test_turns_are_shown_in_the_order_in_which_they_began():
    assert shown(
        kept(1, "agent", "Hello."),
        kept(3, "caller", "(keys 4)"),
        e.ToolCalled("1", "find_table", '{"people":4}'),
        kept(2, "agent", "For how", "many?"),
        e.ToolFinished("1", "free"),
        END,
    ) == [
        "  agent   Hello.",
        "  agent   For how […not heard: many?]",
        "  caller  (keys 4)",
        '  tool    find_table {"people":4}',
        "          → free",
        "  call completed: caller hung up\n",
    ]


def test_a_turn_that_never_came_keeps_nothing_back_at_the_end():
    assert shown(kept(2, "caller", "hello"), END) == ["  caller  hello", "  call completed: caller hung up\n"]


def test_a_better_version_of_a_turn_is_shown_again_and_long_results_are_cut():
    lines = shown(
        kept(1, "caller", "hell"), kept(1, "caller", "hello"), e.ToolFinished("1", "x" * 200, failed=True), END
    )
    assert lines[:2] == ["  caller  hell", "  caller  hello"]
    assert lines[2].startswith("          refused: xxx") and lines[2].endswith(" …")


def test_an_agent_that_goes_on_for_another_is_shown_and_the_first_is_not():
    assert shown(e.AgentJoined("openai:m"), kept(1, "agent", "Hello."), e.AgentJoined("local"), END) == [
        "  agent   Hello.", "  local goes on", "  call completed: caller hung up\n",
    ]  # fmt: skip
