"""What Prometheus scrapes."""

from dutchbook.storage.alert_book import Raised
from dutchbook.storage.alert_words import Occasion, Tier
from tests.interfaces.web.rig import Screens, at_work


async def test_the_figures_of_the_desk_stand_beside_those_of_alerts(screens: Screens) -> None:
    book, now = screens.context.alerts, screens.clock.now()
    raised = book.raise_alert(
        Raised(id="", at=now, occasion=Occasion.HALT, tier=Tier.CRITICAL, mode="paper", title="halted")
    )
    book.acknowledge(raised.id, "web:ann", now)
    async with at_work(screens, lived_s=30) as work, screens.program() as client:
        answer = await client.get("/metrics", follow_redirects=True)
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        lines = answer.text.splitlines()
        assert "dutchbook_desk_running 1.0" in lines
        assert "dutchbook_alerts_open 0.0" in lines
        assert any(line.startswith("dutchbook_run_info{") and work.desk.run in line for line in lines)


async def test_without_a_desk_nothing_of_one_is_told(screens: Screens) -> None:
    async with screens.program() as client:
        text = (await client.get("/api/v1/metrics")).text
    assert "dutchbook_desk_running 0.0" in text
    assert "equity" not in text
