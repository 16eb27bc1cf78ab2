from offhook.bench.bridges import bridges
from tests.bench.end_to_end import short_run
from tests.linux import needs_linux


@needs_linux
def test_the_product_carries_every_frame_and_truncates_the_right_item(monkeypatch):
    with bridges(("offhook",)) as (product,):
        run = short_run(product, monkeypatch, interrupt=True)
    assert len(run.interruptions) == 6
    assert not any(each.others_told for each in run.interruptions)
    assert any(each.right and each.heard_ms for each in run.interruptions)
