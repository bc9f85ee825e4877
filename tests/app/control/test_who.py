"""Who steered a desk, and why, is in its journal; and a stop is no wish for the next run."""

import msgspec

from dutchbook.app import steering
from dutchbook.app.control.wire import Cancel, Pause, Reconcile, Request, Stop, Unpause
from dutchbook.app.journals import journal_lines
from dutchbook.risk.halt import halt_file
from tests.app.control.test_a_steered_desk import Stage, stage

__all__ = ["stage"]


def commands(stage: Stage) -> list[dict[str, object]]:
    """The commands in the journal, oldest first."""
    bodies = (line.body for line in journal_lines(stage.home, stage.desk.run) if line.kind == "command")
    return [msgspec.json.decode(body) for body in bodies]


def test_each_command_says_by_whom_and_why(stage: Stage) -> None:
    stage.pass_seconds(2)
    by, why = "web:ann", "an odd book"
    asked: tuple[Request, ...] = (
        Pause("bundle", by, why),
        Unpause("bundle", by, why),
        Cancel(None, None, by, why),
        Reconcile(by, why),
    )
    for request in asked:
        stage.ask(request)
    found = commands(stage)
    assert [command["type"] for command in found] == ["pause", "unpause", "cancel_ordered", "reconcile"]
    assert all((command["by"], command["why"]) == (by, why) for command in found)


def test_a_stop_pauses_for_its_own_run_alone(stage: Stage) -> None:
    stage.pass_seconds(2)
    stage.ask(Stop(by="telegram:7", why="good night"))
    pause, cancel = commands(stage)
    assert (pause["by"], pause["why"], pause["leaving"]) == ("telegram:7", "good night", True)
    assert (cancel["by"], cancel["buys_only"]) == ("telegram:7", True)


def test_who_lifted_a_halt_is_told_once(stage: Stage) -> None:
    stage.pass_seconds(1)
    steering.halt(stage.home, "a look", "web:ann")
    stage.pass_seconds(2)
    assert stage.desk.picture().halted == "a look (by web:ann)"
    steering.resume(stage.home, checked=True, by="cli:bob")
    stage.pass_seconds(2)
    assert stage.desk.picture().halted is None
    steering.halt(stage.home, "again", "web:ann")
    stage.pass_seconds(2)
    halt_file(stage.home).unlink()
    stage.pass_seconds(2)
    resumed = [command["by"] for command in commands(stage) if command["type"] == "resume"]
    assert resumed == ["cli:bob", "dutchbook resume"]
