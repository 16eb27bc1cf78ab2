from offhook.agent.cascade.stages import Stages
from offhook.core import events as e


class Side:
    def __init__(self):
        self.at, self.told = 1000.0, []

    def now(self):
        return self.at

    def report(self, event):
        self.told.append(event)


def test_each_stage_counts_once_from_the_end_of_speech_and_is_told_once():
    side, stages = Side(), Stages()
    stages.note("words")  # nobody spoke
    stages.join(side)
    stages.begin(200.0)
    stages.note("words")
    side.at += 50
    stages.note("words")
    stages.note("said")
    stages.tell("a")
    stages.tell("b")
    assert side.told == [e.Staged("a", {"words": 200.0, "said": 250.0})]


def test_what_answers_nothing_that_was_said_has_no_stages():
    side, stages = Side(), Stages()
    stages.join(side)
    stages.begin(0.0)
    stages.clear()
    stages.note("said")
    stages.tell("a")
    assert side.told == []
