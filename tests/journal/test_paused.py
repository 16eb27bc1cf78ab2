"""A database that is there and says nothing, on the real clock: nobody waits for it longer than they must."""

import asyncio

from offhook.journal import journal as module
from tests.journal.keeping import began, found, journal, said


def test_a_database_that_stops_answering_is_away_and_comes_back(postgres_server, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "WRITE_S", 0.3)
    monkeypatch.setattr(module, "RETRY_S", 0.2)
    url = postgres_server.database()
    durable = []

    async def main():
        async with journal(url, tmp_path / "spool", on_durable=durable.extend) as kept:
            for number in range(50):
                kept.publish(f"c{number}", began(number))
            await kept.flush()
            postgres_server.pause()
            try:
                for turn in range(1, 4):
                    for number in range(60):
                        if turn == 1 and number >= 50:
                            kept.publish(f"c{number}", began(number))
                        kept.publish(f"c{number}", said(turn))
                    await kept.flush()  # durable all the same
                assert kept.degraded
            finally:
                postgres_server.pause(False)
            while kept.degraded:
                await asyncio.sleep(0.05)
            for number in range(60):
                kept.publish(f"c{number}", said(4))
            await kept.flush()
            return await found(kept.store)

    rows = asyncio.run(main())
    rows.check()
    assert len(rows.calls) == 60
    assert len(rows.turns) == 240
    assert len(durable) == len(rows.events)
