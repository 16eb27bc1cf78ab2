from offhook.agent.backlog import Backlog


def test_what_is_kept_comes_in_order_and_once():
    backlog, taken = Backlog(1000), []
    for n in range(5):
        backlog.keep(bytes([n]) * 10)
    backlog.drain(taken.append)
    backlog.drain(taken.append)
    assert taken == [bytes([n]) * 10 for n in range(5)]


def test_the_oldest_is_dropped_first_and_no_more_is_kept_than_allowed():
    backlog, taken = Backlog(100), []
    for n in range(50):
        backlog.keep(bytes([n]) * 30)
        assert backlog.size <= 100
    backlog.drain(taken.append)
    assert taken == [bytes([n]) * 30 for n in (47, 48, 49)]
    assert backlog.size == 0
