"""A halt over Telegram against a desk that wants to trade: nothing leaves after the answer."""

from pathlib import Path

from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.desk_side import LocalDesk
from dutchbook.risk.halt import halt_file, read_halt
from dutchbook.storage.journal_reader import read
from tests.interfaces.alerts.walk import START, a_desk, pass_seconds
from tests.interfaces.telegram.bot_server import BotServer
from tests.interfaces.telegram.rig import OPERATOR, Rig


async def test_no_order_leaves_after_the_answer_to_a_halt(tmp_path: Path, telegram: BotServer) -> None:
    with a_desk(tmp_path / "undisturbed", clock := VirtualClock(START)) as undisturbed:
        pass_seconds(clock, undisturbed, 60)
        without_halt = undisturbed.picture().orders
    clock = VirtualClock(START)
    rig = Rig(tmp_path, telegram.host)
    rig.console._desk = LocalDesk(tmp_path)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 10)
        telegram.text("/halt phone", OPERATOR)
        async with rig.api:
            await rig.poller.round(0)
        assert telegram.texts[-1].startswith("[SANDBOX] HALTED: phone")
        at_the_answer = desk.picture().orders
        pass_seconds(clock, desk, 50)
        assert desk.picture().orders == at_the_answer < without_halt
        assert desk.picture().halted == f"phone (by telegram:{OPERATOR})"
        journal = tmp_path / "runs" / desk.run / "journal"
    assert f"telegram:{OPERATOR}" in " ".join(
        bytes(line.body).decode() for line in read(journal) if line.kind == "command"
    )
    halt = read_halt(halt_file(tmp_path))
    assert halt is not None
    assert (halt.reason, halt.by) == ("phone", f"telegram:{OPERATOR}")


async def test_a_desk_that_is_started_after_a_halt_from_a_phone_opens_nothing(
    tmp_path: Path, telegram: BotServer
) -> None:
    rig = Rig(tmp_path, telegram.host)
    rig.console._desk = LocalDesk(tmp_path)
    telegram.text("/halt", OPERATOR)
    async with rig.api:
        await rig.poller.round(0)
        assert "no desk is running here" in telegram.texts[-1]
    clock = VirtualClock(START)
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 30)
        assert desk.picture().orders == 0
