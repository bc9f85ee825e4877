"""Where real money is traded, acting wants a second factor; halting never waits for anything."""

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.web.desk_link import DeskLink
from dutchbook.interfaces.web.second_factor import code_at, new_secret
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import PASSWORD, Screens, at_work


class LiveLink:
    """A link that is told by a desk at real money; all else is the real one's."""

    def __init__(self, link: DeskLink) -> None:
        assert link.snapshot is not None
        self.snapshot = msgspec.structs.replace(link.snapshot, mode="live")
        self.ask = link.ask


def as_if_live(screens: Screens) -> None:
    """Let what decides over actions believe that the desk trades real money."""
    screens.context.actions._link = LiveLink(screens.context.link)  # type: ignore[assignment]


async def test_a_session_acts_on_real_money_for_five_minutes_after_a_one_time_code(screens: Screens) -> None:
    secret = new_secret()
    screens.add_user("ann", Role.OPERATOR, second=secret)

    def code() -> str:
        return code_at(secret, screens.clock.now() // SECOND)

    async with at_work(screens, lived_s=5):
        as_if_live(screens)
        ann = screens.browser()
        body = {"user": "ann", "password": PASSWORD, "one_time_code": code()}
        assert (await ann.post("/api/v1/session", json=body)).status_code == 200
        assert (await ann.post("/api/v1/resume", json={})).status_code == 200
        screens.clock.advance(Nanos(screens.clock.now() + 301 * SECOND))
        late = await ann.post("/api/v1/cancel", json={"all": True})
        assert (late.status_code, "one-time code" in late.json()["error"]) == (403, True)
        wrong = await ann.post("/api/v1/session/second-factor", json={"one_time_code": "000000"})
        assert wrong.status_code == 401
        again = await ann.post("/api/v1/session/second-factor", json={"one_time_code": code()})
        assert again.status_code == 200
        assert (await ann.post("/api/v1/cancel", json={"all": True})).status_code == 200


async def test_without_a_second_factor_nothing_but_less_risk_is_possible(screens: Screens) -> None:
    screens.add_user("ann", Role.ADMIN)
    async with at_work(screens, lived_s=5):
        as_if_live(screens)
        ann = await screens.signed_in("ann")
        for path in ("resume", "cancel", "stop"):
            answer = await ann.post(f"/api/v1/{path}", json={"all": True} if path != "resume" else {})
            assert answer.status_code == 403, path
        for path in ("pause", "halt"):
            assert (await ann.post(f"/api/v1/{path}", json={})).status_code == 200, path


async def test_a_key_acts_on_real_money_only_if_it_was_made_so(screens: Screens) -> None:
    ordinary, made_so = screens.add_key(Role.OPERATOR), screens.add_key(Role.OPERATOR, live=True)
    async with at_work(screens, lived_s=5), screens.program(ordinary) as one, screens.program(made_so) as other:
        as_if_live(screens)
        assert (await one.post("/api/v1/resume", json={})).status_code == 403
        assert (await other.post("/api/v1/resume", json={})).status_code == 200
