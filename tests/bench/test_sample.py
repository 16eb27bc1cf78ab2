from offhook.bench.bridges import bridges
from tests.linux import needs_linux

from .end_to_end import short_run


@needs_linux
def test_the_sample_pattern_carries_every_frame(monkeypatch):
    with bridges(("sample",)) as (sample,):
        short_run(sample, monkeypatch)
