from offhook.core import events as e
from offhook.core.playout import Ledger
from offhook.core.settling import Settling
from offhook.core.transcript import Transcript


class Books:
    """A ledger with items that were sent whole, and what was done."""

    def __init__(self, *items, ended=True):
        self.done = []
        self.ledger, self.transcript = Ledger(8, keep=True), Transcript()
        self.settling = Settling(self.ledger, self.transcript, lambda *commands: self.done.extend(commands))
        for item in items:
            self.ledger.accept(item, bytes(8000))
            self.transcript.words(item, "one two three four", (), 1000.0)
            if ended:
                self.ledger.end(item)
            while self.ledger.take(8000):
                pass

    def commands(self):
        return [command for command in self.done if not isinstance(command, e.Publish)]

    def turns(self):
        return {command.event.item: command.event for command in self.done if isinstance(command, e.Publish)}


def test_the_agent_is_told_of_what_was_not_heard_to_its_end():
    books = Books("a", "b", "c")
    books.ledger.cut()
    partly = books.settling.conclude(books.ledger.settle({"a": 1000.0, "b": 500.0}))
    assert [heard.item for heard in partly] == ["b", "c"]
    assert books.commands() == [e.Truncate("b", 500, "one two"), e.Discard("c")]
    assert books.turns()["a"].unheard == ""


def test_what_was_held_goes_on_from_the_last_word_and_what_was_whole_is_closed():
    books = Books("a", "b")
    books.ledger.hold()
    books.settling.resume(books.ledger.settle({"a": 1000.0, "b": 600.0}))
    assert set(books.turns()) == {"a"}
    piece = books.ledger.take(100_000)
    assert piece.item == "b"
    assert 300.0 < piece.offset_ms <= 600.0


def test_what_came_while_it_was_held_is_given_up_with_it():
    books = Books("a")
    books.ledger.hold()
    books.ledger.accept("b", bytes(800))
    partly = books.settling.give_up(books.ledger.settle({"a": 400.0}))
    assert [(heard.item, heard.heard_ms) for heard in partly] == [("a", 400.0), ("b", 0.0)]
    assert not books.ledger.accept("b", bytes(800)), "late audio is dropped"


def test_a_millisecond_that_was_heard_is_no_discard():
    books = Books("a")
    books.ledger.cut()
    books.settling.conclude(books.ledger.settle({"a": 1.0}))
    assert books.commands() == [e.Truncate("a", 1, "")]


def test_what_was_heard_to_its_end_before_it_is_given_up_is_whole():
    books = Books("a")
    books.ledger.hold()
    assert books.settling.give_up(books.ledger.settle({"a": 1000.0})) == []
    assert books.commands() == []
    assert books.turns()["a"].unheard == ""


def test_what_is_given_up_is_as_long_as_it_has_become():
    books = Books("a", ended=False)
    books.ledger.hold()
    cut = books.ledger.settle({"a": 400.0})
    books.ledger.accept("a", bytes(800))
    books.settling.give_up(cut)
    assert (books.turns()["a"].heard_ms, books.turns()["a"].generated_ms) == (400.0, 1100.0)


def test_what_was_cut_and_never_settled_has_its_turn_at_the_end():
    books = Books("a")
    books.ledger.cut()
    books.settling.finish()
    assert set(books.turns()) == {"a"}


def test_at_the_end_every_item_has_its_turn():
    books = Books("a")
    books.ledger.hold()
    books.ledger.accept("b", bytes(800))
    books.settling.finish()
    assert set(books.turns()) == {"a", "b"}
    assert books.commands() == []
    lost = Books("a")
    lost.settling.lost({"a": 250.0})
    assert lost.turns()["a"].text == "one"
