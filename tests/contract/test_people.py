"""People at the end of the whole road are understood as they are from a file, where recordings of them are on this machine."""

import asyncio
from pathlib import Path

import pytest
from bench.understanding import clips_of

from tests.contract.people import heard, speech_in
from tests.contract.stage import World

FOLDERS = [Path(__file__).parents[above] / "shared" / "data" / "speech" for above in (3, 4)]
FOLDER = next((folder for folder in FOLDERS if folder.exists()), FOLDERS[0])


@pytest.mark.skipif(not FOLDER.exists(), reason="the folder of recorded people is not on this machine")
@pytest.mark.timeout(60)
def test_the_road_costs_hardly_a_word(world: World, clock: asyncio.Runner, tmp_path: Path) -> None:
    orders = [clip for clip in clips_of(FOLDER) if clip.slots is not None][::4]
    found = clock.run(heard(world, orders, tmp_path))
    file = sum(each.right(each.file) for each in found)
    road = sum(each.right(" ".join(each.road)) for each in found)
    assert file >= 0.6 * len(found) and road >= file - 2, [(each.clip.name, each.file, each.road) for each in found]


def test_speech_is_cut_out_of_silence() -> None:
    loud = (1000).to_bytes(2, "little") * 8000
    cut = speech_in(bytes(16_000) + loud + bytes(32_000))
    assert len(cut) == pytest.approx((300 + 1000 + 100) * 16, abs=20 * 16)
