"""The greeting of a realtime agent, in whole calls: asked for, kept, cut, not lost to a hello."""

import asyncio

from tests.agent.realtime.model import Model, visit


def test_a_fixed_greeting_is_asked_for_word_by_word_and_heard_at_once_on_the_next_call():
    model = Model()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        (asked,) = visit.told("response.create")
        assert "exactly the following and nothing else: Hello, the Blue Door." in asked["response"]["instructions"]
        visit.model.answer(1500, "Hello, the Blue Door.")
        await visit.ms(2000)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]

    async def second(visit):
        assert visit.told("response.create") == []
        await visit.ms(1600)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]
        assert visit.heard_ms() == 1500
        (written,) = visit.told("conversation.item.create")
        assert written["item"]["role"] == "assistant"
        assert written["item"]["content"] == [{"type": "output_text", "text": "Hello, the Blue Door."}]

    async def third(visit):
        await visit.ms(10)
        assert len(visit.told("response.create")) == 1, "another voice is another greeting"

    visit(first, model=model, greeting="Hello, the Blue Door.")
    visit(second, model=model, greeting="Hello, the Blue Door.", backend=kept[0])
    visit(third, model=model, greeting="Hello, the Blue Door.", backend=kept[0], voice="cedar")


def test_a_kept_greeting_does_not_wait_for_the_session_which_learns_of_it_and_of_what_the_caller_said_meanwhile():
    class Slow(Model):
        delay = 0.0

        async def connect(self, receive, lost, *, resumed):
            await asyncio.sleep(self.delay)
            return await super().connect(receive, lost, resumed=resumed)

    model = Slow()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        visit.model.answer(1500, "Hello, the Blue Door.")
        await visit.ms(100)

    async def second(visit):
        await visit.ms(1600)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]
        assert len(model.peers) == 1, "the first call's"
        visit.phone.say(b"\x05" * 160)
        await visit.ms(2000)
        assert [body["type"] for body in model.peer.sent] == ["session.update", "conversation.item.create"]
        assert model.peer.audio == b"\x05" * 160

    visit(first, model=model, greeting="Hello, the Blue Door.")
    model.delay = 3.0
    visit(second, model=model, greeting="Hello, the Blue Door.", backend=kept[0])


def test_a_greeting_in_other_words_than_asked_for_is_not_kept():
    model = Model()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        visit.model.answer(1500, "Hi! This is the Blue Door, how may I help?")
        await visit.ms(100)

    async def second(visit):
        assert len(visit.told("response.create")) == 1

    visit(first, model=model, greeting="Hello, the Blue Door.")
    visit(second, model=model, greeting="Hello, the Blue Door.", backend=kept[0])


def test_a_kept_greeting_that_is_cut_is_known_to_the_model_as_far_as_it_was_heard():
    model = Model()
    kept = []

    async def first(visit):
        kept.append(visit.call.agent._backend)
        visit.model.begin()
        for word in ("One ", "two ", "three ", "four."):
            visit.model.audio(1000)
            visit.model.words(word)
        visit.model.item_done()
        visit.model.done()
        await visit.ms(100)

    async def second(visit):
        await visit.ms(2500)
        visit.model.caller_begins()
        await visit.ms(100)
        (deleted,) = visit.told("conversation.item.delete")
        first, again = visit.told("conversation.item.create")
        assert deleted["item_id"] == first["item"]["id"] != again["item"]["id"]
        assert again["item"]["content"][0]["text"] == "One two"
        assert again["previous_item_id"] == "root"
        assert visit.told("conversation.item.truncate") == []
        visit.model.caller_stops()
        visit.model.answer(100, "Yes?", "r2", "a2")
        await visit.ms(200)

    visit(first, model=model, greeting="One two three four.")
    visit(second, model=model, greeting="One two three four.", backend=kept[0])


def test_a_hello_into_the_greeting_does_not_make_the_server_give_it_up():
    async def scenario(visit):
        model = visit.model
        turns = model.peer.session["audio"]["input"]["turn_detection"]
        assert turns["interrupt_response"] is False
        model.begin()
        model.audio(2000)
        model.caller_begins()
        await visit.ms(100)
        model.caller_stops()
        model.audio(2000)
        model.item_done()
        model.done()
        await visit.ms(4000)
        assert visit.heard_ms() == 4000
        assert visit.told("response.cancel") == []
        update = visit.told("session.update")[1]["session"]["audio"]["input"]["turn_detection"]
        assert update["interrupt_response"] is True, "from now on"

    visit(scenario, greeting="Hello.")


def test_a_greeting_that_failed_is_said_once_more_and_may_be_interrupted_afterwards():
    async def scenario(visit):
        model = visit.model
        model.begin("r1", None)
        model.done("r1", "failed")
        await visit.ms(600)
        assert len(visit.told("response.create")) == 2
        model.answer(200, "Hello.", "r2", "a2")
        update = visit.told("session.update")[-1]["session"]["audio"]["input"]["turn_detection"]
        assert update["interrupt_response"] is True
        assert visit.call.agent._lines.greeting() is not None

    visit(scenario, greeting="Hello.")


def test_a_hello_that_the_server_could_not_answer_because_of_the_greeting_is_answered_after_it():
    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(3000)
        model.caller_begins()
        await visit.ms(200)
        model.caller_stops()
        model.item_done()
        model.done()
        await visit.ms(7000)
        assert len(visit.told("response.create")) == 2

    visit(scenario, greeting="Hello.")


def test_who_speaks_on_over_a_greeting_that_is_generated_stops_it():
    async def scenario(visit):
        model = visit.model
        model.begin()
        model.audio(3000)
        model.caller_begins()
        await visit.ms(1600)
        assert [body["type"] for body in model.peer.sent][-2:] == ["response.cancel", "conversation.item.truncate"]
        assert 1400 <= visit.told("conversation.item.truncate")[0]["audio_end_ms"] <= 1600
        model.audio(3000)
        await visit.ms(3000)
        assert visit.heard_ms() <= 1600

    visit(scenario, greeting="Hello.")


def test_an_agent_without_a_greeting_of_its_own_lets_the_model_find_one_and_an_empty_one_waits():
    async def asked(visit):
        (asked,) = visit.told("response.create")
        assert "Greet the caller in one short sentence" in asked["response"]["instructions"]
        assert "Be brief." in asked["response"]["instructions"]

    async def waits(visit):
        assert visit.told("response.create") == []
        turns = visit.model.peer.session["audio"]["input"]["turn_detection"]
        assert turns["interrupt_response"] is True

    visit(asked, greeting=None)
    visit(waits, greeting="")


def test_a_greeting_of_the_models_own_says_that_the_call_is_recorded():
    async def scenario(visit):
        (asked,) = visit.told("response.create")
        assert "This call is recorded." in asked["response"]["instructions"]

    visit(scenario, greeting=None, record=True)


def test_a_greeting_that_is_given_ends_with_it():
    async def scenario(visit):
        (asked,) = visit.told("response.create")
        assert "Hello, the Blue Door. Wir zeichnen auf." in asked["response"]["instructions"]

    visit(scenario, greeting="Hello, the Blue Door.", record=True, consent="Wir zeichnen auf.")
