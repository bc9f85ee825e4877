"""A disk that takes nothing more: people still come in, and the desk still stops."""

import errno
from pathlib import Path

import pytest

from dutchbook.app import steering
from dutchbook.interfaces.web import sessions
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import Screens, at_work, until


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


async def test_people_sign_in_and_the_halt_reaches_the_desk_all_the_same(
    screens: Screens, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens.add_user("ann", Role.OPERATOR)
    async with at_work(screens, lived_s=5) as work:
        monkeypatch.setattr(sessions, "replace_file", full)
        monkeypatch.setattr(steering, "write_halt", full)
        ann = await screens.signed_in("ann")
        answer = await ann.post("/api/v1/halt", json={"why": "full"})
        assert answer.status_code == 502
        assert f"process {_holder(screens.home)} was told" in answer.json()["error"]
        assert "halt again" in answer.json()["error"]
        await until(lambda: work.desk.parts.desk.halt_reason is not None)


def _holder(home: Path) -> str:
    return (home / "run" / "desk.lock").read_text().strip()
