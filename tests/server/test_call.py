"""The routes by which calls are asked for: what they take, and from whom. What becomes of a wish is in test_outgoing.py."""

import pytest

from tests.outbound import THEIRS, play


@pytest.mark.parametrize("road", ["/make-call?to_number= 12025550123", "/make-call?to_number=%2B12025550123"])
def test_the_number_may_stand_in_the_address(tmp_path, road):
    async def scenario(world):
        answer = await world.client.post(road.replace(" ", "+"))
        assert answer.status_code == 200 and world.made[0].setup.called == THEIRS

    play(tmp_path, scenario)


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"agent": "nobody"}, "There is no agent"),
        ({"backend": "teapot"}, "There is no backend"),
        ({"variables": {"a b": "x"}}, "variables"),
        ({"variables": {"a": 1}}, "variables"),
        ({"variables": {"a": "x" * 2001}}, "variables"),
        ({"variables": {f"v{n}": "x" * 1900 for n in range(5)}}, "8000"),
        ({"amd": "perhaps"}, "amd"),
        ({"number": "x"}, "number"),
    ],
    ids=["agent", "backend", "a name", "no text", "long", "long together", "detection", "number"],
)
def test_a_wish_that_makes_no_sense_is_refused_in_a_sentence(tmp_path, wish, words):
    async def scenario(world):
        answer = await world.wish(**wish)
        assert answer.status_code == 422 and words in answer.json()["detail"] and world.made == []

    play(tmp_path, scenario)


def test_only_the_operator_has_calls_made(tmp_path):
    async def scenario(world):
        for road in ("/api/call", "/make-call?to_number=%2B12025550123"):
            for header in ("", "Bearer wrong"):
                answer = await world.client.post(road, json={"phone_number": THEIRS}, headers={"authorization": header})
                assert answer.status_code == 401
        assert world.made == []

    play(tmp_path, scenario)


def test_the_routes_are_in_the_reference(tmp_path):
    async def scenario(world):
        schema = (await world.client.get("/openapi.json")).json()
        for path in ("/api/call", "/make-call"):
            told = schema["paths"][path]["post"]
            assert set(told["responses"]) >= {"200", "401", "403", "422", "429", "502", "503", "504"}
            assert "idempotency-key" in [parameter["name"] for parameter in told["parameters"]]
        assert set(schema["components"]["schemas"]["CallPlaced"]["properties"]) == {
            "call_id",
            "twilio_sid",
            "call_sid",
            "status",
        }

    play(tmp_path, scenario)
