from offhook.core.deadlines import Deadlines


def test_each_action_has_one_deadline_and_the_earliest_comes_first():
    deadlines, done = Deadlines(), []
    first, second = (lambda now: done.append(("first", now))), (lambda now: done.append(("second", now)))
    deadlines.set(first, 30.0)
    deadlines.set(second, 20.0)
    deadlines.set(first, 10.0)
    assert deadlines.next() == 10.0
    for action in deadlines.due(25.0):
        action(25.0)
    assert done == [("first", 25.0), ("second", 25.0)]
    assert deadlines.next() is None


def test_what_is_dropped_or_put_off_by_an_earlier_action_does_not_happen():
    deadlines, done = Deadlines(), []

    def dropped(_now):
        done.append("dropped")

    def put_off(_now):
        done.append("put off")

    def first(_now):
        deadlines.drop(dropped)
        deadlines.set(put_off, 100.0)

    deadlines.set(first, 1.0)
    deadlines.set(dropped, 2.0)
    deadlines.set(put_off, 3.0)
    for action in deadlines.due(5.0):
        action(5.0)
    assert done == []
    assert put_off in deadlines
    assert dropped not in deadlines
    deadlines.clear()
    assert deadlines.next() is None
