import pytest

from offhook import ConfigError
from offhook.parts import azure
from offhook.parts.keys import Keys


@pytest.mark.parametrize(
    ("region", "host"),
    [("westeurope", "westeurope.{}.speech.microsoft.com"), ("chinaeast2", "chinaeast2.{}.speech.azure.cn"),
     ("usgovvirginia", "usgovvirginia.{}.speech.azure.us")],
)  # fmt: skip
def test_a_region_says_where_it_is(region, host):
    keys = Keys(azure_speech_key="k", azure_speech_region=region)
    assert azure.stt("", keys)._origin == "wss://" + host.format("stt")
    assert azure.tts("", keys)._url.startswith("wss://" + host.format("tts"))


@pytest.mark.parametrize(
    ("model", "keys", "why"),
    [
        ("", Keys(), "AZURE_SPEECH_KEY and AZURE_SPEECH_REGION"),
        ("", Keys(azure_speech_key="k"), "AZURE_SPEECH_REGION"),
        ("", Keys(azure_speech_key="k", azure_speech_region="evil.test/"), "must be a region such as westeurope"),
        ("whisper", Keys(azure_speech_key="k", azure_speech_region="r"), 'write "azure", not "azure:whisper"'),
    ],
)
def test_what_is_missing_is_told(model, keys, why):
    for make in (azure.stt, azure.tts):
        with pytest.raises(ConfigError, match=why):
            make(model, keys)
