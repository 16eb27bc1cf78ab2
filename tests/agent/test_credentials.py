from offhook.agent.credentials import Credentials


def test_keys_are_not_shown():
    assert "hush" not in repr(Credentials(openai_api_key="hush", azure_api_key="hush"))


def test_nothing_is_set_by_default_but_what_everybody_needs():
    told = Credentials()
    assert (told.openai_api_key, told.azure_endpoint, told.azure_api_version) == (None, None, "2026-07-15")
