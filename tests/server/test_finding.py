from offhook.server.finding import Finding, State, missing, note, ok, wrong


def test_each_way_to_say_it_has_its_state():
    told = [make("PORT", "It is free.") for make in (ok, note, missing, wrong)]
    assert told == [Finding("PORT", state, "It is free.") for state in State]
