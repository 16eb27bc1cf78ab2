"""Reaching Azure Voice Live: addresses, keys and tokens, and what its dialect changes in a call."""

import asyncio
import json
import sys
import types
import typing
from http import HTTPStatus
from urllib.parse import parse_qsl, urlsplit

import pytest
from websockets.asyncio.server import serve

from offhook import ConfigError, LegFailed
from offhook.agent.credentials import Credentials
from offhook.agent.models import engine_for
from offhook.agent.realtime.azure import AzureEngine, voice_live_url
from offhook.agent.realtime.wire import AZURE
from tests.agent.realtime.model import Model, visit

ENDPOINT = "https://res.services.ai.azure.com"


@pytest.mark.parametrize(
    "endpoint",
    [ENDPOINT, f"{ENDPOINT}/", "res.services.ai.azure.com", "wss://res.services.ai.azure.com",
     f"{ENDPOINT}/voice-live/realtime", "wss://res.services.ai.azure.com/voice-live/realtime?model=old",
     f"{ENDPOINT}/api/projects/shop"],
)  # fmt: skip
def test_an_endpoint_may_be_written_in_any_way(endpoint):
    assert voice_live_url(endpoint, "gpt-realtime-2.1", "2026-07-15") == (
        "wss://res.services.ai.azure.com/voice-live/realtime?api-version=2026-07-15&model=gpt-realtime-2.1"
    )


def test_older_hosts_other_versions_and_a_server_in_the_clear():
    assert voice_live_url("https://r.cognitiveservices.azure.com?api-version=2025-10-01", "m", "x") == (
        "wss://r.cognitiveservices.azure.com/voice-live/realtime?api-version=2025-10-01&model=m"
    )
    assert voice_live_url("http://127.0.0.1:9000", "m", "x").startswith("ws://127.0.0.1:9000/voice-live/realtime?")


def test_a_foundry_agent_is_named_in_the_query_and_has_no_model():
    query = dict(parse_qsl(urlsplit(voice_live_url(ENDPOINT, "agent/shop/clerk", "v")).query))
    assert query == {"api-version": "v", "agent-project-name": "shop", "agent-name": "clerk"}
    with pytest.raises(ConfigError, match="azure:agent/PROJECT/NAME"):
        voice_live_url(ENDPOINT, "agent/clerk", "v")


def test_what_is_missing_is_told():
    with pytest.raises(ConfigError, match="set AZURE_VOICE_LIVE_ENDPOINT"):
        engine_for("voice-live")
    with pytest.raises(ConfigError, match="must be a URL"):
        engine_for("azure:m", Credentials(azure_endpoint="ftp://h", azure_api_key="k"))


def test_voice_live_stands_for_the_model_that_is_set():
    def model(**told):
        engine = engine_for("voice-live", Credentials(azure_endpoint=ENDPOINT, azure_api_key="k", **told))
        return dict(parse_qsl(urlsplit(engine.url).query))["model"]

    assert model() == "gpt-realtime-2.1"
    assert model(voice_live_model="gpt-5.4") == "gpt-5.4"


# ---------------------------------------------------------------- tokens


class Identity:
    made: typing.ClassVar[list] = []

    def __init__(self, **options):
        self.options, self.asked, self.closed = options, [], False
        self.fails = None
        Identity.made.append(self)

    async def get_token(self, scope):
        if self.fails:
            raise self.fails
        self.asked.append(scope)
        return types.SimpleNamespace(token=f"token{len(self.asked)}")

    async def close(self):
        self.closed = True


@pytest.fixture
def azure_identity(monkeypatch):
    Identity.made = []
    module = types.ModuleType("azure.identity.aio")
    module.DefaultAzureCredential = module.ManagedIdentityCredential = Identity
    for name in ("azure", "azure.identity"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "azure.identity.aio", module)


def test_without_a_key_the_extra_is_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "azure.identity.aio", None)
    with pytest.raises(ConfigError, match=r"pip install 'offhook\[azure\]'"):
        AzureEngine("m", Credentials(azure_endpoint=ENDPOINT))


def test_a_token_is_fetched_at_the_start_so_that_who_is_not_signed_in_learns_of_it(azure_identity):
    async def scenario():
        engine = AzureEngine("m", Credentials(azure_endpoint=ENDPOINT, azure_client_id="id", azure_scope="scope"))
        (identity,) = Identity.made
        assert identity.options == {"client_id": "id"}
        await engine.start()
        assert identity.asked == ["scope"]
        identity.fails = RuntimeError("Please run az login.\nmuch more")
        with pytest.raises(ConfigError, match="Azure gave no token: Please run az login. Sign in, or set AZURE"):
            await engine.start()
        await engine.close()
        assert identity.closed

    asyncio.run(scenario())


def connecting(credentials, scenario, refuse=None):
    async def whole():
        seen = []

        async def answer(peer):
            seen.append(dict(peer.request.headers) | {"path": peer.request.path})
            await peer.wait_closed()

        async with serve(answer, "127.0.0.1", 0, process_request=refuse) as server:
            port = server.sockets[0].getsockname()[1]
            engine = AzureEngine("m", credentials(f"http://127.0.0.1:{port}"))
            await scenario(engine, seen)
            await engine.close()

    asyncio.run(whole())


def test_every_connection_has_a_token_of_its_own_and_a_key_goes_in_its_header(azure_identity):
    async def tokens(engine, seen):
        for _ in range(2):
            socket = await engine._connect(print, print, resumed=False)
            socket.close()
        first, second = [each["authorization"] for each in seen]
        assert first != second and first.startswith("Bearer token")

    async def key(engine, seen):
        (await engine._connect(print, print, resumed=False)).close()
        assert seen[0]["api-key"] == "hush" and "authorization" not in seen[0]
        assert seen[0]["path"] == "/voice-live/realtime?api-version=2026-07-15&model=m"

    connecting(lambda url: Credentials(azure_endpoint=url), tokens)
    connecting(lambda url: Credentials(azure_endpoint=url, azure_api_key="hush"), key)


def test_a_refusal_is_told_without_the_key():
    def refuse(peer, _request):
        return peer.respond(HTTPStatus.UNAUTHORIZED, json.dumps({"error": {"message": "Access denied for hush-hush."}}))

    async def scenario(engine, _seen):
        with pytest.raises(
            LegFailed, match="Azure Voice Live refused the connection: 401 Unauthorized: Access denied for …."
        ) as e:
            await engine._connect(print, print, resumed=False)
        assert not e.value.retryable

    connecting(lambda url: Credentials(azure_endpoint=url, azure_api_key="hush-hush"), scenario, refuse)


def test_no_more_than_thirty_connections_a_minute_are_made():
    engine = AzureEngine("m", Credentials(azure_endpoint="http://127.0.0.1:1", azure_api_key="k"))
    assert engine._backend.admission.most == 30


# ---------------------------------------------------------------- the dialect in a call


def azure_visit(scenario, **agent):
    visit(scenario, dialect=AZURE, model=Model(), **agent)


def test_a_fixed_greeting_is_said_word_by_word_without_the_model():
    async def scenario(visit):
        (asked,) = visit.told("response.create")
        said = asked["response"]["pre_generated_assistant_message"]
        assert said["content"] == [{"type": "text", "text": "Hello, the Blue Door."}]
        visit.model.answer(1000, "Hello, the Blue Door.")
        await visit.ms(1200)
        assert visit.turns() == [("agent", "Hello, the Blue Door.", "")]

    azure_visit(scenario, greeting="Hello, the Blue Door.")


def test_what_was_heard_is_known_to_the_word_where_azure_tells_when_each_is_said():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        model.words("One two three four.")
        for number, word in enumerate(("one", "two", "three", "four")):
            model.audio(1000)
            model.peer.say("response.audio_timestamp.delta", response_id="r1", item_id="a1", text=word,
                           audio_offset_ms=1000 * number, audio_duration_ms=200, timestamp_type="word")  # fmt: skip
        model.item_done()
        model.done()
        await visit.ms(2250)
        model.caller_begins()
        await visit.ms(10)
        assert visit.turns()[-1] == ("agent", "One two three", "four.")

    azure_visit(scenario, voice="en-US-AvaNeural")


def test_words_that_no_time_came_for_are_not_lost_when_the_caller_cuts_in():
    async def scenario(visit):
        model = visit.model
        model.asked()
        model.begin()
        model.audio(4000)
        model.words("One two three four.")
        await visit.ms(2000)
        model.caller_begins()
        await visit.ms(10)
        (agent,) = [turn for turn in visit.turns() if turn[0] == "agent"]
        assert agent[1] == "One two" and agent[2] == "three four."

    azure_visit(scenario, voice="en-US-AvaNeural")


def test_a_whole_turn_with_azures_names():
    async def scenario(visit):
        model = visit.model
        assert model.peer.session["turn_detection"]["auto_truncate"] is False
        model.asked()
        model.answer(3000, "A long answer.")
        await visit.ms(1000)
        model.caller_begins()
        await visit.ms(10)
        (cut,) = visit.told("conversation.item.truncate")
        assert cut["audio_end_ms"] == pytest.approx(1000, abs=2)
        model.error("item_already_truncated")
        assert not visit.call.ended

    azure_visit(scenario)
