import pytest
from fastapi.exceptions import RequestValidationError

from offhook.server.problems import sentence


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({"loc": ("query", "limit"), "msg": "Input should be less than 5"}, "`limit` should be less than 5."),
        ({"loc": ("query", "a", "b"), "msg": "Field required"}, "`a.b` is refused: field required."),
        (
            {"loc": ("body",), "msg": "JSON decode error"},
            "The body should be a JSON object, with Content-Type: application/json.",
        ),
        ({"loc": ("query", "x"), "msg": "Value error, no number"}, "`x` is refused: no number."),
    ],
)
def test_an_error_is_one_sentence(error, told):
    assert sentence(RequestValidationError([error, {"loc": ("query", "other"), "msg": "Input is bad"}])) == told
