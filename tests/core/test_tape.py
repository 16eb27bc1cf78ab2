from offhook.audio.format import MULAW_8K, PCM16_8K, PCM16_24K
from offhook.core.tape import PAST_MS, Tape

QUIET = MULAW_8K.silence


def test_what_was_written_plays_from_now_on():
    tape = Tape()
    tape.wrote(b"a" * 160, 1000.0)
    assert tape.between(990.0, 1030.0) == QUIET(10) + b"a" * 160 + QUIET(10)
    assert tape.between(1005.0, 1010.0) == b"a" * 40


def test_it_plays_behind_what_is_still_queued():
    tape = Tape()
    tape.wrote(b"a" * 80, 0.0)
    tape.wrote(b"b" * 80, 5.0)
    tape.wrote(b"c" * 80, 30.0)
    assert tape.between(0.0, 40.0) == b"a" * 80 + b"b" * 80 + QUIET(10) + b"c" * 80


def test_a_clear_cuts_what_was_not_played():
    tape = Tape()
    tape.wrote(b"a" * 80, 0.0)
    tape.wrote(b"b" * 80, 0.0)
    tape.cleared(5.0)
    assert tape.between(0.0, 20.0) == b"a" * 40 + QUIET(15)
    tape.wrote(b"c" * 80, 6.0)
    assert tape.between(0.0, 20.0) == b"a" * 40 + QUIET(1) + b"c" * 80 + QUIET(4)


def test_a_clear_cuts_the_newest_and_leaves_what_was_before_it():
    tape = Tape()
    tape.wrote(b"a" * 80, 10.0)
    tape.wrote(b"b" * 80, 10.0)
    tape.cleared(25.0)
    assert tape.between(10.0, 30.0) == b"a" * 80 + b"b" * 40 + QUIET(5)


def test_what_is_cleared_before_it_began_leaves_nothing():
    tape = Tape()
    tape.wrote(b"a" * 80, 10.0)
    tape.cleared(10.0)
    assert not tape.sounds(0.0, 100.0)


def test_what_ended_five_seconds_ago_is_known_and_what_ended_before_is_forgotten():
    tape = Tape()
    tape.wrote(b"a" * 8000, 0.0)
    tape.wrote(b"b" * 8, 6000.0)
    assert tape.between(0.0, 1000.0) == b"a" * 8000
    tape.wrote(b"b" * 8, 6001.0)
    assert tape.between(0.0, 1000.0) == QUIET(1000)


def test_a_clear_of_nothing_changes_nothing():
    tape = Tape()
    tape.cleared(5.0)
    tape.wrote(b"a" * 8, 10.0)
    tape.cleared(12.0)
    assert tape.between(10.0, 12.0) == b"a" * 8 + QUIET(1)


def test_it_knows_whether_anything_plays():
    tape = Tape()
    assert not tape.sounds(0.0, 1e6)
    tape.wrote(b"a" * 80, 100.0)
    assert tape.sounds(0.0, 101.0) and tape.sounds(109.0, 200.0)
    assert not tape.sounds(0.0, 100.0) and not tape.sounds(110.0, 200.0)


def test_pieces_join_to_the_sample_whatever_the_clock_says():
    tape, sent = Tape(), b""
    for number in range(50):
        piece = bytes([number]) * (37 + number)
        sent += piece
        tape.wrote(piece, 1000.123)
    begin = round(1000.123 * 8) / 8
    assert tape.between(begin, begin + len(sent) / 8) == sent
    assert tape.between(begin + 20.3, begin + 60.3) == sent[round((begin + 20.3) * 8) - round(begin * 8) :][:320]


def test_its_memory_is_bounded():
    tape = Tape()
    for second in range(600):
        tape.wrote(b"a" * 8000, second * 1000.0)
    assert len(tape._pieces) <= PAST_MS / 1000 + 2
    assert tape.between(0.0, 1000.0) == QUIET(1000), "forgotten"


def test_another_format_has_its_own_silence():
    tape = Tape(PCM16_8K)
    tape.wrote(b"ab" * 8, 1.0)
    assert tape.between(0.0, 3.0) == bytes(16) + b"ab" * 8 + bytes(16)


def test_a_clear_that_took_effect_later_lets_more_be_heard():
    tape = Tape()
    tape.wrote(b"a" * 80, 0.0)
    tape.wrote(b"b" * 80, 0.0)
    tape.cleared(5.0)
    tape.settled(7.0)
    assert tape.between(0.0, 20.0) == b"a" * 80 + b"b" * 16 + QUIET(8)


def test_a_clear_that_took_effect_earlier_lets_less_be_heard():
    tape = Tape()
    tape.wrote(b"a" * 80, 0.0)
    tape.wrote(b"b" * 80, 0.0)
    tape.cleared(15.0)
    tape.settled(-7.0)
    assert tape.between(0.0, 20.0) == b"a" * 64 + QUIET(12)


def test_what_was_said_after_a_clear_is_not_overlaid():
    tape = Tape()
    tape.wrote(b"a" * 160, 0.0)
    tape.cleared(5.0)
    tape.wrote(b"b" * 80, 8.0)
    tape.settled(100.0)
    assert tape.between(0.0, 20.0) == b"a" * 64 + b"b" * 80 + QUIET(2)
    tape.wrote(b"c" * 8, 9.0)
    assert tape.between(18.0, 19.0) == b"c" * 8


def test_clears_are_settled_in_their_order():
    tape = Tape()
    tape.wrote(b"a" * 160, 0.0)
    tape.cleared(5.0)
    tape.wrote(b"b" * 160, 30.0)
    tape.cleared(35.0)
    tape.settled(0.0)
    tape.settled(5.0)
    tape.settled(5.0)
    assert tape.between(0.0, 50.0) == b"a" * 40 + QUIET(25) + b"b" * 80 + QUIET(10)


def test_a_lost_stream_settles_nothing_any_more():
    tape = Tape()
    tape.wrote(b"a" * 160, 0.0)
    tape.cleared(5.0)
    tape.lost(6.0)
    tape.settled(10.0)
    assert tape.between(0.0, 20.0) == b"a" * 40 + QUIET(15)


def test_samples_of_two_bytes_are_never_torn():
    tape = Tape(PCM16_24K)
    tape.wrote(b"\x01\x02" * 240, 100.03)
    tape.cleared(105.01)
    tape.settled(-0.013)
    tape.wrote(b"\x01\x02" * 240, 110.01)
    for begin in (100.0, 100.01, 100.02, 100.03, 101.0, 104.017):
        heard = tape.between(begin, begin + 15.01)
        assert set(zip(heard[::2], heard[1::2], strict=True)) == {(0, 0), (1, 2)}
