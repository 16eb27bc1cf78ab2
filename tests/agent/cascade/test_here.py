"""A whole call whose recogniser, voice and turn model run on this machine, each in its worker, with tiny networks."""

import importlib.util

import pytest

from tests.agent.cascade.parts import Script, visit

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(each) is None for each in ("onnx", "onnxruntime", "sherpa_onnx", "espeakng_loader")),
    reason="onnx, onnxruntime, sherpa-onnx or espeakng-loader is not installed: pip install 'offhook[kokoro,sherpa,turn]' onnx",
)


def test_a_caller_is_recognised_answered_and_spoken_to(tmp_path):
    from offhook.speech.engines.kokoro import KokoroVoices
    from offhook.speech.engines.sherpa import SherpaPool
    from offhook.speech.engines.smart_turn import SmartTurn
    from tests.speech.engines import networks

    pool = SherpaPool(networks.transducer(tmp_path), 1)
    folder = tmp_path / "kokoro"
    folder.mkdir()
    voices = KokoroVoices(networks.kokoro(folder))
    turn = SmartTurn(networks.smart_turn(tmp_path / "turn.onnx"))
    model = Script("You hummed a low tone.")

    async def scenario(it):
        try:
            await pool.start()
            await voices.start()
            await turn.start()
            await it.speaks(800)
            await it.hears(4000)
            assert it.turns("caller") == ["low"]
            assert it.turns() == ["You hummed a low tone."]
            assert "low" in model.told[0][-1].text
            assert sum(len(audio) for _, audio in it.leg.played) > 8000
        finally:
            for each in (pool, voices, turn):
                await each.close()

    visit(
        scenario, model=model, voice=voices.voice(None, "en-US"), recogniser=pool.recogniser("en-US"), turn_model=turn
    )  # fmt: skip
