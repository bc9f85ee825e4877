"""The screens' end of the control socket follows a desk through its ends and beginnings."""

import asyncio
from pathlib import Path

import pytest

from dutchbook.app.control.wire import Answer, Pause, ShowMarkets, ShowOrders, ShowVenues, decode_request, encode
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.interfaces.web.desk_link import DeskLink, NoDesk
from tests.interfaces.web.rig import DeskAtWork, Monotonic, Screens, at_work, until


async def test_pictures_come_by_themselves_and_age_while_none_comes(screens: Screens) -> None:
    async with at_work(screens, lived_s=10) as work:
        link = screens.context.link
        assert link.snapshot is not None
        assert link.snapshot.run == work.desk.run
        assert link.age == 0.0
        screens.monotonic.now += 3.0
        assert link.age in (0.0, 3.0)
        first = link.version
        await until(lambda: link.version > first)
        assert link.age == 0.0


async def test_a_desk_that_ends_is_noticed_its_last_picture_stays_and_the_next_one_is_found(screens: Screens) -> None:
    link = screens.context.link
    async with at_work(screens) as work:
        work.close()
        await until(lambda: not link.connected)
        assert "dutchbook run" in link.trouble or "hung up" in link.trouble
        assert link.snapshot is not None
        assert link.snapshot.run == work.desk.run
        following = DeskAtWork(screens.home)
        working = asyncio.create_task(following.work())
        await until(lambda: link.connected and link.snapshot is not None and link.snapshot.run == following.desk.run)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        following.close()


async def test_asking_says_what_was_wrong(screens: Screens) -> None:
    with pytest.raises(NoDesk, match="dutchbook run"):
        await screens.context.link.ask(ShowOrders())
    async with at_work(screens):
        with pytest.raises(UsageError, match="no strategy 'none' runs here"):
            await screens.context.link.ask(Pause("none"))
        answer = await screens.context.link.ask(ShowMarkets(limit=1))
        assert answer.total is not None
        assert answer.total > 1


async def test_a_desk_that_hangs_is_not_connected_within_two_seconds_and_asking_it_ends(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_unix_server(silent, str(tmp_path / "run" / "desk.sock")):
        link = DeskLink(tmp_path, Monotonic(), every_s=0.01)
        following = asyncio.create_task(link.run())
        began = asyncio.get_running_loop().time()
        await until(lambda: "silent" in link.trouble)
        assert asyncio.get_running_loop().time() - began < 2.0
        with pytest.raises(DutchbookError, match=r"did not answer within 0\.05 s"):
            await link.ask(ShowOrders(), patience_s=0.05)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_what_pages_follow_comes_with_each_picture_until_none_follows_it(screens: Screens) -> None:
    async with at_work(screens):
        link = screens.context.link
        with link.following([ShowOrders()]):
            with link.following([ShowOrders(), ShowVenues()]):
                await until(lambda: link.answers.keys() == {ShowOrders(), ShowVenues()})
                first, version = link.answers[ShowOrders()], link.version
                assert first.orders is not None
                await until(lambda: link.version > version)
                assert link.answers[ShowOrders()] is not first
            assert link.answers.keys() == {ShowOrders()}
        assert link.answers == {}


async def test_what_a_page_begins_to_follow_is_not_waited_for_until_the_next_picture_is_due(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            orders = () if isinstance(decode_request(line), ShowOrders) else None
            writer.write(encode(Answer(mode="paper", run="r", orders=orders)) + b"\n")
        writer.close()

    async with await asyncio.start_unix_server(answer, str(tmp_path / "run" / "desk.sock")):
        link = DeskLink(tmp_path, every_s=3_600)
        following = asyncio.create_task(link.run())
        with link.following([ShowVenues()]):
            await until(lambda: bool(link.answers))
            with link.following([ShowOrders()]):
                await until(lambda: ShowOrders() in link.answers)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_everybody_who_waits_hears_of_each_change(screens: Screens) -> None:
    async with at_work(screens):
        link = screens.context.link

        async def two() -> list[int]:
            heard: list[int] = []
            async for version in link.updates():
                heard.append(version)
                if len(heard) == 2:
                    break
            return heard

        async with asyncio.timeout(10):
            for heard in await asyncio.gather(two(), two(), two()):
                assert heard[0] < heard[1]
