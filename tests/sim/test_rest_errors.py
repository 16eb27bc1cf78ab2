"""How the carrier refuses."""

from offhook.sim.rest_errors import BAD_TO, RestError


def test_an_error_has_the_carriers_shape() -> None:
    error = RestError(BAD_TO, "+1")
    assert error.body == {
        "code": 21211,
        "message": "The phone number you are attempting to call, +1, is not valid.",
        "more_info": "https://www.twilio.com/docs/errors/21211",
        "status": 400,
    }
