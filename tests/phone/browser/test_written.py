from offhook.phone.browser.written import KEPT_MS, Written


def test_a_moment_of_an_item_is_found_where_it_was_to_be_heard():
    written = Written()
    written.wrote("a", 0.0, 100.0, 20.0)
    written.wrote("a", 20.0, 120.0, 20.0)
    written.wrote("b", 0.0, 140.0, 20.0)
    assert (written.moment("a", 0.0), written.moment("a", 40.0), written.moment("b", 5.0)) == (100.0, 140.0, 145.0)
    assert written.moment("a", 40.5) is None and written.moment("c", 0.0) is None


def test_what_is_said_again_is_found_where_it_was_said_last():
    written = Written()
    written.wrote("a", 0.0, 100.0, 2000.0)
    written.wrote("a", 900.0, 3000.0, 1100.0)
    assert (written.moment("a", 500.0), written.moment("a", 1000.0)) == (600.0, 3100.0)


def test_a_stream_of_pieces_is_one_span_and_what_is_long_past_is_forgotten():
    written = Written()
    for number in range(3000):
        written.wrote("a", number * 20.0, 0.1 + number * 20.0, 20.0)
    assert len(written._spans) == 1
    written.wrote("b", 0.0, 60_000.0 + KEPT_MS + 1.0, 20.0)
    assert written.moment("a", 0.0) is None
