from base64 import b64decode, b64encode

import pytest

from offhook.bench import audio
from offhook.bench.audio import Order, frame, frame_text, numbers, text_numbers


@pytest.mark.parametrize("number", [0, 1, 60, 61, 65535])
def test_a_frame_tells_where_it_belongs(number):
    piece = frame(300, 2, number)
    assert (len(piece), numbers(piece)) == (audio.FRAME_BYTES, (300, 2, number))
    assert b64decode(frame_text(300, 2, number)) == piece
    assert text_numbers(b64encode(piece)) == (300, 2, number)


@pytest.mark.parametrize("at", [6, 80, 159])
def test_an_altered_byte_is_noticed(at):
    piece = bytearray(frame(1, 0, 7))
    piece[at] ^= 1
    assert numbers(bytes(piece)) is None
    assert text_numbers(b64encode(piece)) is None


@pytest.mark.parametrize("text", [b"", b"AAA", b"not base64 at all", frame_text(1, 0, 7)[:-4]])
def test_what_is_no_frame_is_none(text):
    assert text_numbers(text) is None


def stream(*those):
    return b"".join(frame(1, item, number) for item, number in those)


def test_frames_in_order_are_no_fault_in_whatever_pieces_they_come():
    order, sent = Order(1), stream((1, 0), (1, 1), (2, 2))
    found = [each for at in range(0, len(sent), 100) for each in order.take(sent[at : at + 100])]
    assert (found, order.faults) == ([(1, 0), (1, 1), (2, 2)], 0)


def test_a_message_of_silence_is_nobodys():
    order = Order(1)
    assert order.take(b"\xff" * 1600) == []
    assert order.take(frame(1, 1, 0)) == [(1, 0)]
    assert order.faults == 0


@pytest.mark.parametrize(
    "sent",
    [
        stream((1, 0), (1, 2)),  # lost
        stream((1, 0), (1, 0)),  # doubled
        stream((1, 0)) + frame(2, 1, 1),  # another call's
        stream((1, 0)) + b"\x00" * 160,  # altered
    ],
)
def test_what_is_wrong_is_counted(sent):
    order = Order(1)
    order.take(sent)
    assert order.faults == 1


def test_a_cut_item_may_end_early_but_the_next_is_whole():
    order = Order(1)
    order.take(stream((1, 0), (1, 1)))
    order.cut()
    assert order.take(stream((2, 10), (2, 11))) == [(2, 10), (2, 11)]
    assert order.faults == 0
    order.take(stream((2, 13)))
    assert order.faults == 1


def test_the_cut_item_itself_has_no_holes():
    order = Order(1)
    order.take(stream((1, 0)))
    order.cut()
    order.take(stream((1, 5)))
    assert order.faults == 1
