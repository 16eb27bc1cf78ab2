import pytest
from hypothesis import given
from hypothesis import strategies as st

from offhook.core.playout import Heard, Ledger
from offhook.errors import LocalProtocolError


def ledger(keep=True) -> Ledger:
    return Ledger(8, keep=keep)


def taken(book: Ledger, most: int = 8000) -> list[tuple[str, float, int, bool]]:
    pieces = []
    while piece := book.take(most):
        pieces.append((piece.item, piece.offset_ms, len(piece.audio), piece.last))
    return pieces


def test_audio_goes_out_in_order_and_the_end_is_told_once():
    book = ledger()
    book.accept("a", bytes(800))
    book.accept("a", bytes(400))
    book.end("a")
    book.accept("b", bytes(80))
    assert taken(book) == [("a", 0.0, 800, False), ("a", 100.0, 400, True), ("b", 0.0, 80, False)]
    book.end("b")
    assert taken(book) == [("b", 10.0, 0, True)]
    assert taken(book) == []


def test_a_long_piece_is_sliced():
    book = ledger()
    book.accept("a", bytes(20_000))
    assert [size for _, _, size, _ in taken(book)] == [8000, 8000, 4000]


def test_a_piece_that_fits_to_the_byte_is_the_last():
    book = ledger()
    book.accept("a", bytes(8000))
    book.end("a")
    assert taken(book) == [("a", 0.0, 8000, True)]


def test_it_tells_what_waits_and_how_long_an_item_is():
    book = ledger()
    assert (book.unsent_bytes, book.generated_ms("a")) == (0, 0.0)
    book.accept("a", bytes(800))
    book.accept("b", bytes(80))
    book.take(500)
    assert (book.unsent_bytes, book.generated_ms("a"), book.generated_ms("b")) == (380, 100.0, 10.0)
    book.cut()
    assert (book.unsent_bytes, book.generated_ms("a")) == (0, 0.0)
    assert book.accept("a", bytes(8)) is False


def test_late_audio_of_a_cut_item_is_dropped():
    book = ledger()
    book.accept("a", bytes(800))
    book.cut()
    assert not book.accept("a", bytes(800))
    assert taken(book) == []
    assert [(h.item, h.heard_ms, h.generated_ms, h.whole) for h in book.settle({})] == [("a", 0.0, 100.0, False)]


def test_heard_is_never_more_than_was_sent():
    book = ledger()
    book.accept("a", bytes(1600))
    book.take(800)
    book.cut()
    assert book.settle({"a": 5000.0})[0].heard_ms == 100.0


def test_an_ended_item_heard_to_its_end_is_whole():
    book = ledger()
    book.accept("a", bytes(800))
    book.end("a")
    taken(book)
    book.cut()
    assert book.settle({"a": 100.0})[0].whole


def test_a_held_item_is_said_again_from_where_it_is_rewound_to():
    book = ledger()
    book.accept("a", bytes(range(200)) * 8)
    first = book.take(8000)
    book.hold()
    assert book.take(8000) is None
    book.accept("a", b"more" * 20)
    book.settle({"a": 150.0})
    book.rewind({"a": 100.0})
    pieces = [book.take(8000), book.take(8000)]
    assert [(p.offset_ms, p.audio) for p in pieces] == [(100.0, first.audio[800:]), (200.0, b"more" * 20)]


def test_what_the_agent_says_while_an_interruption_is_judged_waits_behind():
    book = ledger()
    book.accept("a", bytes(800))
    taken(book)
    book.hold()
    book.accept("b", bytes(80))
    assert book.take(8000) is None
    book.settle({"a": 50.0})
    book.rewind({"a": 50.0})
    book.end("a")
    assert [item for item, *_ in taken(book)] == ["a", "b"]


def test_what_is_still_to_come_of_an_item_goes_before_the_next():
    book = ledger()
    book.accept("a", bytes(800))
    book.accept("b", bytes(80))
    assert [item for item, *_ in taken(book)] == ["a"]
    book.accept("a", bytes(400))
    assert [item for item, *_ in taken(book)] == ["a"]
    book.end("a")
    assert [item for item, *_ in taken(book)] == ["a", "b"]


def test_an_item_that_was_heard_is_closed_for_good():
    book = ledger()
    book.accept("a", bytes(800))
    assert book.heard("a") == Heard("a", 100.0, 100.0, True)
    assert book.heard("a") is None
    assert book.knows("a")
    assert not book.accept("a", bytes(8))


@pytest.mark.parametrize(("heard_ms", "whole"), [(99.5, False), (99.6, True)])
def test_half_a_millisecond_does_not_keep_an_item_from_being_whole(heard_ms, whole):
    book = ledger()
    book.accept("a", bytes(800))
    book.end("a")
    taken(book)
    book.cut()
    assert book.settle({"a": heard_ms})[0].whole is whole


def test_what_was_cut_first_is_settled_first():
    book = ledger()
    book.accept("a", bytes(800))
    book.cut()
    book.accept("b", bytes(800))
    book.cut()
    assert book.unsettled == 2
    assert [[h.item for h in book.settle({})] for _ in range(2)] == [["a"], ["b"]]


def test_a_hold_is_settled_after_a_cut_that_was_before_it():
    book = ledger()
    book.accept("a", bytes(800))
    book.cut()
    book.accept("b", bytes(800))
    book.hold()
    assert [[h.item for h in book.settle({})] for _ in range(2)] == [["a"], ["b"]]


def test_after_a_hold_was_given_up_the_agent_is_heard_again():
    book = ledger()
    book.accept("a", bytes(800))
    book.hold()
    book.settle({})
    book.give_up()
    book.accept("b", bytes(80))
    assert [item for item, *_ in taken(book)] == ["b"]
    assert [h.item for h in book.give_up()] == ["b"]
    assert not book.speaking


def test_giving_up_a_hold_closes_everything_in_it():
    book = ledger()
    book.accept("a", bytes(800))
    taken(book)
    book.hold()
    book.accept("b", bytes(80))
    book.settle({"a": 50.0})
    assert [(h.item, h.heard_ms) for h in book.give_up()] == [("a", 50.0), ("b", 0.0)]
    assert not book.accept("a", b"x")
    assert not book.accept("b", b"x")
    assert not book.speaking


def test_kept_audio_is_dropped_behind_the_ear():
    book = ledger()
    for _ in range(10):
        book.accept("a", bytes(800))
        book.take(8000)
    book.forget_before("a", 700.0)
    book.hold()
    book.settle({"a": 900.0})
    book.rewind({"a": 0.0})
    assert taken(book)[0][1] == 700.0


def test_what_is_kept_behind_the_ear_is_the_newest():
    book = ledger()
    for piece in (b"a", b"b", b"c"):
        book.accept("a", piece * 800)
        book.take(8000)
    book.forget_before("a", 100.0)
    book.hold()
    book.settle({"a": 250.0})
    book.rewind({"a": 0.0})
    assert [book.take(8000).audio for _ in range(2)] == [b"b" * 800, b"c" * 800]
    book.forget_before("a", 300.0)
    book.hold()
    book.settle({"a": 300.0})
    book.rewind({"a": 0.0})
    assert book.take(8000) is None, "all of it was heard"


def test_the_end_of_an_item_that_goes_on_is_told_again():
    book = ledger()
    book.accept("a", bytes(800))
    book.end("a")
    assert taken(book) == [("a", 0.0, 800, True)]
    book.hold()
    book.settle({"a": 99.0})
    book.rewind({"a": 100.0})
    assert taken(book) == [("a", 100.0, 0, True)]


def test_audio_after_the_end_is_our_bug():
    book = ledger()
    book.accept("a", bytes(8))
    book.end("a")
    with pytest.raises(LocalProtocolError):
        book.accept("a", bytes(8))


@given(
    chunks=st.lists(st.integers(1, 3000), min_size=1, max_size=12),
    most=st.integers(100, 4000),
    cuts=st.lists(st.tuples(st.integers(0, 11), st.floats(0, 1)), max_size=4),
)
def test_every_byte_reaches_the_ear_once_however_often_it_is_held_and_rewound(chunks, most, cuts):
    book = ledger()
    audio = bytes(n % 251 for n in range(sum(chunks)))
    ear = bytearray()
    at = 0
    for n, size in enumerate(chunks):
        book.accept("a", audio[at : at + size])
        at += size
        for when, part in cuts:
            if when != n:
                continue
            while piece := book.take(most):
                ear[int(piece.offset_ms * 8) :] = piece.audio
            heard = int(len(ear) * part)
            book.hold()
            book.settle({"a": heard / 8})
            book.rewind({"a": float(heard // 8)})
    while piece := book.take(most):
        ear[int(piece.offset_ms * 8) :] = piece.audio
    assert bytes(ear) == audio


def test_what_is_kept_may_begin_in_the_middle_of_an_item():
    book = ledger(keep=False)
    book.accept("a", bytes(range(100)) * 8)
    assert taken(book)
    book.keep = True
    book.accept("a", b"\x01" * 800)
    book.accept("a", b"\x02" * 800)
    assert len(taken(book)) == 2
    book.hold()
    assert book.settle({"a": 150.0}) == [Heard("a", 150.0, 300.0, False)]
    book.rewind({"a": 50.0})
    piece = book.take(8000)
    assert (piece.offset_ms, piece.audio) == (100.0, b"\x01" * 800), "what was not kept is not said again"
