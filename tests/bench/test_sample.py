from offhook.bench.bridges import bridges
from tests.bench.end_to_end import short_run
from tests.linux import needs_linux


@needs_linux
def test_the_sample_pattern_carries_every_frame(monkeypatch):
    with bridges(("sample",)) as (sample,):
        short_run(sample, monkeypatch)
