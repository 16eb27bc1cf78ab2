import pytest

from offhook.settings import values


@pytest.mark.parametrize(
    ("check", "text", "meant"),
    [
        (values.public_url, "https://h:8443/", "https://h:8443"),
        (values.languages, "de-DE, fr-FR", "de-DE,fr-FR"),
        (values.languages, "  ", ""),
        (values.endpoint, "my-resource.services.ai.azure.com", "my-resource.services.ai.azure.com"),
        (values.bucket, "s3://calls/folder", "s3://calls/folder"),
        (values.kinds, "cards, keys", "cards, keys"),
        (values.prices, "a=0/0, b=0.4/0.1/1.6", "a=0/0, b=0.4/0.1/1.6"),
        (values.transfers, "kitchen=+12025550101", "kitchen=+12025550101"),
    ],
)
def test_a_value_is_given_back_as_it_is_meant(check, text, meant):
    assert check(text) == meant


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (values.languages, "de-DE,German"),
        (values.web_url, "wss://h"),
        (values.bucket, "s3://key:hush@calls"),
        (values.kinds, "cards, names"),
        (values.number, "+0123456789"),
        (values.transfers, "kitchen=1, Kitchen=2"),
        (values.transfers, "kitchen"),
    ],
)
def test_what_it_may_not_be_is_refused(check, text):
    with pytest.raises(ValueError):
        check(text)


def test_destinations_are_in_the_order_in_which_they_are_named():
    assert list(values.destinations_in("b=1, a = 2").items()) == [("b", "1"), ("a", "2")]
