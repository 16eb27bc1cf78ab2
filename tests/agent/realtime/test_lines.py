from offhook import Agent, Phrases
from offhook.agent.greetings import Greetings
from offhook.agent.realtime.lines import Lines, key, recite, spare_key
from offhook.agent.realtime.messages import Shape
from offhook.agent.realtime.wire import GA
from offhook.core.events import ItemText, Line


def shape(**agent):
    return Shape(Agent(**agent), GA, "t", "marin")


def kept(made, *texts, own=()):
    store = Greetings()
    for text in texts:
        store.keep(spare_key(made, text), text, [(b"\x01" * 8, text)])
    for text in own:
        store.keep(key("m", made, text), text, [(b"\x02" * 8, text)])
    return store


def test_lines_are_said_in_turn_and_in_the_agents_own_voice_where_it_is_there():
    made = shape(phrases=Phrases(waiting=("One.", "Two.")))
    lines = Lines(kept(made, "One.", "Two.", own=["Two."]), "m", made)
    assert [lines.next(Line.WAIT)[0] for _ in range(3)] == [
        (b"\x01" * 8, "One."), (b"\x02" * 8, "Two."), (b"\x01" * 8, "One."),
    ]  # fmt: skip


def test_a_line_that_is_not_wanted_or_could_not_be_rendered_is_none():
    made = shape(phrases=Phrases(waiting=(), lost="Oh."))
    lines = Lines(kept(made), "m", made)
    assert lines.next(Line.WAIT) is None and lines.next(Line.LOST) is None


def test_another_voice_or_language_is_another_line():
    made = shape(phrases=Phrases(lost="Oh."))
    store = kept(made, "Oh.", own=["Oh."])
    for other in (shape(voice="cedar", language="de", phrases=Phrases(lost="Oh.")),):
        assert Lines(store, "m", other).next(Line.LOST) is None
    assert Lines(store, "m", made).next(Line.LOST) == ((b"\x02" * 8, "Oh."),)


def test_a_greeting_that_was_said_is_known():
    made = shape(greeting="Hello.")
    lines = Lines(Greetings(), "m", made)
    assert lines.greeting() is None
    lines.keep_greeting("Hello.", [(b"\x01" * 8, "Hello.")])
    assert lines.greeting() == ((b"\x01" * 8, "Hello."),)
    assert Lines(Greetings(), "m", shape(greeting="")).greeting() is None


def test_reciting_is_a_whole_item():
    class Call:
        def __init__(self):
            self.did = []

        def agent_audio(self, item, audio):
            self.did.append((item, audio))

        def report(self, event):
            self.did.append(event)

        def end_item(self, item):
            self.did.append(item)

    call = Call()
    assert recite(call, "f", ((b"\x01" * 80, "Oh "), (b"\x01" * 80, "well.")), 8) == "Oh well."
    assert [did for did in call.did if not isinstance(did, ItemText)] == [("f", b"\x01" * 80), ("f", b"\x01" * 80), "f"]
    (told,) = (did for did in call.did if isinstance(did, ItemText))
    assert told.text == "Oh well." and told.words[-1] == (20.0, 8)
