from offhook.core.recorder import Recorder
from offhook.recording.recorder import CallRecorder


def test_what_records_a_call_keeps_the_promise():
    promised = {name for name in vars(Recorder) if not name.startswith("_")}
    assert promised <= set(dir(CallRecorder))
