import pytest

from offhook.agent.backends import is_remote, models_in, provider_of


@pytest.mark.parametrize(("model", "provider"), [
    ("gpt-realtime", "openai"), ("openai:x", "openai"), ("voice-live", "azure"), ("azure:agent/p/n", "azure"),
    ("local", "local"), ("echo", "echo"),
])  # fmt: skip
def test_a_model_is_somebodys(model, provider):
    assert provider_of(model) == provider
    assert is_remote(model) == (provider in ("openai", "azure"))


@pytest.mark.parametrize(("model", "models"), [
    ("local", ("local",)), ("a, b,c", ("a", "b", "c")), (["a", "b"], ("a", "b")), (("a,b", "c"), ("a", "b", "c")),
    ([], ()), ("a,", ("a", "")),
])  # fmt: skip
def test_several_models_are_a_list_or_have_commas_between(model, models):
    assert models_in(model) == models
