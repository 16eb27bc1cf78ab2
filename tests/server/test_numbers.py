"""`GET /api/numbers` against the simulated carrier."""

import pytest

from offhook import Agent
from offhook.sim.plan import RestFaults
from tests.outbound import ORIGIN, OURS, play

DESK, OTHER = "+12025550111", "+12025550199"


def attached(folder, *, asked="/api/numbers", attach=(), **world):
    """What the API answers, after `attach` sent (number, origin) pairs on."""
    answers = []

    async def scenario(it):
        for number, url in attach:
            (owned,) = [each for each in await it.rest.numbers() if each.number == number]
            await it.rest.attach(owned.sid, voice_url=url, fallback_url=url, status_callback="")
        answers.append(await it.client.get(asked))

    play(folder, scenario, **{"numbers": [OURS, DESK, OTHER], **world})
    return answers[0]


def test_the_accounts_numbers_are_told_with_where_they_go(tmp_path):
    answer = attached(
        tmp_path,
        agents={DESK: Agent(model="echo", name="desk"), "*": Agent(model="echo", name="parrot")},
        attach=[(OURS, ORIGIN + "/voice/incoming"), (DESK, "https://old.example.com/voice")],
    )
    assert [(each["number"], each["goes_to"], each["here"], each["agent"]) for each in answer.json()] == [
        (OURS, ORIGIN + "/voice/incoming", True, "parrot"),
        (DESK, "https://old.example.com/voice", False, "desk"),
        (OTHER, None, False, "parrot"),
    ]


def test_whether_it_is_here_is_not_known_before_the_origin_is(tmp_path):
    answer = attached(tmp_path, attach=[(OURS, ORIGIN + "/incoming-call")], public_url=None)
    assert [each["here"] for each in answer.json()] == [None, False, False]


def test_without_an_account_there_are_none(tmp_path):
    assert attached(tmp_path, credentials=False).json() == []


@pytest.mark.parametrize(
    ("world", "sentence"),
    [({"token": "wrong"}, "does not take the credentials"), ({"faults": RestFaults(trouble=9)}, "500")],
)
def test_what_twilio_refuses_is_one_sentence(tmp_path, world, sentence):
    answer = attached(tmp_path, **world)
    assert answer.status_code == 502 and sentence in answer.json()["detail"], answer.text


def test_it_is_for_operators(tmp_path):
    async def scenario(it):
        assert (await it.client.get("/api/numbers", headers={"authorization": ""})).status_code == 401

    play(tmp_path, scenario)
