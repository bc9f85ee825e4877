"""What the API gives of a desk at work, and what it makes it do."""

from pathlib import Path

import httpx

from dutchbook.app.journals import journal_lines
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import decimal_text, dollars
from dutchbook.interfaces.web.api.aliases import ALIASES
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import Screens, at_work, until, until_read


async def got(client: httpx.AsyncClient, path: str) -> dict[str, object]:
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


async def test_what_is_shown_is_what_the_desk_has(screens: Screens) -> None:
    async with at_work(screens, lived_s=60) as work, screens.program() as client:
        desk = work.desk.parts.desk
        snapshot = (await client.get("/api/v1/snapshot")).json()
        assert snapshot["connected"]
        assert snapshot["snapshot"]["run"] == work.desk.run
        risk = (await client.get("/api/v1/risk")).json()
        deployed = next(row for row in risk["limits"] if row["rule"] == "deployed_limit")
        assert deployed["used"] == dollars(desk.exposure.deployed())
        positions = (await client.get("/api/v1/positions")).json()["positions"]
        assert {row["outcome"]: row["size"] for row in positions} == {
            outcome: decimal_text(held.size, 6) for outcome, held in desk.ledger.positions.items()
        }
        markets = (await client.get("/api/v1/markets", params={"search": "DAY 1", "limit": 2})).json()
        assert markets["total"] > 2
        assert len(markets["markets"]) == 2
        one = markets["markets"][0]["id"]
        market = (await client.get(f"/api/v1/markets/{one}")).json()
        assert [book["label"] for book in market["books"]] == ["Yes", "No"]
        bundle = next(iter(work.desk.parts.strategy.index)).bundle
        shown = (await client.get(f"/api/v1/bundles/{bundle.id}")).json()["bundle"]
        assert len(shown["legs"]) == len(bundle.legs)
        assert {row["name"] for row in (await client.get("/api/v1/strategies")).json()["strategies"]} >= {"bundle"}
        assert [row["venue"] for row in (await client.get("/api/v1/venues")).json()["venues"]] == ["polymarket"]


async def test_what_is_not_there_is_said_to_be_so(screens: Screens) -> None:
    async with at_work(screens) as _, screens.program() as client:
        for path in ("/api/v1/markets/nothing", "/api/v1/bundles/nothing", "/api/v1/nothing", "/api/nothing"):
            answer = await client.get(path)
            assert answer.status_code == 404, path
            assert "nothing" in answer.json()["error"]
        wrong = await client.put("/api/v1/snapshot", headers={"X-API-Key": screens.add_key(Role.ADMIN)})
        assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET")


async def test_who_steers_and_why_is_on_record_in_the_journal_and_in_the_audit(screens: Screens) -> None:
    screens.add_user("ann", Role.OPERATOR)
    async with at_work(screens, lived_s=5) as work:
        ann = await screens.signed_in("ann")
        for path, body in (
            ("pause", {"why": "an odd book", "strategy": "bundle"}),
            ("resume", {"why": "all well", "strategy": "bundle"}),
            ("cancel", {"why": "tidy", "all": True}),
            ("reconcile", {"why": "to be sure"}),
        ):
            answer = await ann.post(f"/api/v1/{path}", json=body)
            assert answer.status_code == 200, answer.text
        commands = [
            line.body
            for line in journal_lines(screens.home, work.desk.run)
            if line.kind in ("command", "pause", "unpause", "cancel_ordered", "reconcile")
        ]
        assert len(commands) == 4
        assert all(b'"web:ann"' in bytes(body) for body in commands)
        assert b"an odd book" in bytes(commands[0])

        async def audited() -> bool:
            found = (await ann.get("/api/v1/audit")).json().get("actions", [])
            ordered = [action for action in found if action["place"] == "journal"]
            return [action["by"] for action in ordered] == ["web:ann"] * 4

        await until_read(audited)


async def test_after_a_halt_is_acknowledged_no_order_leaves(screens: Screens) -> None:
    key = screens.add_key(Role.OPERATOR)
    async with at_work(screens, lived_s=60) as work, screens.program(key) as client:
        orders = work.desk.parts.desk.execution.orders
        said = await client.post("/api/v1/halt", json={"why": "enough"})
        assert "HALTED: enough (by api:a operator)" in said.json()["said"]
        known = {order.id for order in orders}
        work.pass_seconds(120)
        later = [order for order in orders if order.id not in known]
        assert [order for order in later if order.status is not OrderStatus.REJECTED] == []
        await until(lambda: work.desk.parts.desk.halt_reason is not None)
        health = (await client.get("/api/v1/health")).json()
        assert health["halted"]
        assert "the desk is halted" in health["problems"]


async def test_halting_needs_no_desk_that_answers(screens: Screens) -> None:
    key = screens.add_key(Role.OPERATOR)
    async with screens.program(key) as client:
        said = await client.post("/api/v1/halt", json={})
        assert said.status_code == 200
        assert "no desk is running" in said.json()["said"]
        paused = await client.post("/api/v1/pause", json={})
        assert paused.status_code == 503
        assert "dutchbook run" in paused.json()["error"]


async def test_a_run_that_is_stopped_ends_and_says_what_is_left(screens: Screens) -> None:
    key = screens.add_key(Role.OPERATOR)
    async with at_work(screens, lived_s=5) as work, screens.program(key) as client:
        ended = await client.post("/api/v1/stop", json={"why": "done for today"})
        assert ended.json() == {"said": "stopped", "orders": [], "unknown": []}
        await until(lambda: work.desk.over and not screens.context.link.connected)
        health = (await client.get("/api/v1/health")).json()
        assert (health["status"], health["connected"]) == ("down", False)
        assert (await client.get("/api/v1/ready")).status_code == 503


async def test_the_past_is_told_from_the_database_by_old_names_too(screens: Screens) -> None:
    async with at_work(screens, lived_s=120) as work, screens.program() as client:

        async def there() -> bool:
            answer = await client.get("/api/decision-log", params={"limit": 5}, follow_redirects=True)
            return answer.status_code == 200 and len(answer.json()["entries"]) == 5

        await until_read(there)
        log = (await client.get("/api/v1/decisions", params={"stage": ["risk", "execute"], "limit": 50})).json()
        assert {entry["stage"] for entry in log["entries"]} <= {"risk", "execute"}
        assert all(entry["verified"] for entry in log["entries"])
        assert set(log["entries"][0]) >= {
            "id",
            "market_id",
            "decision",
            "stage",
            "details",
            "integrity_hash",
            "timestamp",
        }
        assert set(log["summary"]) >= {"total", "by_stage", "by_decision", "recent_rate"}
        for path in ("history/runs", "history/equity", "history/orders", "history/trades?mode=paper", "database"):
            await got(client, f"/api/v1/{path}")
        orders = (await got(client, "/api/v1/history/orders?limit=1"))["orders"]
        assert isinstance(orders, list)
        detail = await got(client, f"/api/v1/history/orders/{orders[0]['id']}")
        assert detail["chain"]
        proof = await client.post(
            f"/api/v1/journal/{work.desk.run}/verify",
            json={},
            headers={"X-API-Key": screens.add_key(Role.OPERATOR)},
        )
        assert proof.json()["ok"]


async def test_documented_names_lead_to_the_same_and_keep_method_and_query(screens: Screens) -> None:
    async with screens.browser() as client:
        for alias in ALIASES:
            for method in alias.methods:
                path = alias.path.format(name="a b")
                answer = await client.request(method, f"/api{path}?limit=3&x=%26")
                assert answer.status_code == 307, alias
                served = alias.served.format(name="a%20b")
                assert answer.headers["Location"] == f"/api/v1{served}?limit=3&x=%26"
        planned = await client.get("/api/whale-activity")
        assert planned.status_code == 501


async def test_wallets_strategies_and_their_bindings_are_kept_on_record(screens: Screens) -> None:
    key = screens.add_key(Role.ADMIN)
    async with screens.at_work(), screens.program(key) as client:

        async def open_() -> bool:
            return (await client.get("/api/v1/wallets")).status_code == 200

        await until_read(open_)
        body = {"name": "savings", "mode": "paper", "venue": "kalshi", "opening": "250.50", "why": "a new account"}
        made = await client.post("/api/v1/wallets", json=body)
        assert made.status_code == 201, made.text
        wallet = made.json()["id"]
        assert made.json()["opening"] == "250.50"
        assert (await client.post("/api/v1/wallets", json=body)).status_code == 409
        described = await client.post("/api/v1/strategies", json={"name": "my-own", "risk_level": "low"})
        assert described.status_code == 201
        bound = await client.post(
            "/api/v1/strategy-wallets/bind", json={"strategy": "my-own", "wallet": wallet, "share": "40%"}
        )
        assert bound.json()["share"] == "0.40"
        overview = (await client.get("/api/v1/strategies-overview?mode=paper")).json()
        assert [row["strategies"] for row in overview["wallets"] if row["id"] == wallet] == [["my-own"]]
        gone = await client.delete("/api/v1/strategy-wallets/unbind", params={"strategy": "my-own", "wallet": wallet})
        assert gone.status_code == 200
        renamed = await client.put(f"/api/v1/wallets/{wallet}", json={"status": "paused"})
        assert renamed.json()["status"] == "paused"
        assert (await client.delete(f"/api/v1/wallets/{wallet}")).status_code == 200
        audit = (await client.get("/api/v1/audit")).json()["actions"]
        assert {action["by"] for action in audit} == {"api:a admin"}
        assert "a new account" in {action["why"] for action in audit}


async def test_settings_are_edited_with_old_and_new_side_by_side_and_never_beyond_what_is_safe(
    screens: Screens,
) -> None:
    key = screens.add_key(Role.ADMIN)
    async with screens.at_work(), screens.program(key) as client:
        await until(lambda: not screens.context.history.trouble)
        file = (await client.get("/api/v1/settings/file")).json()
        text = "risk:\n  daily_loss: 5%  # less\n"
        checked = (await client.post("/api/v1/settings/check", json={"text": text})).json()
        assert checked["changes"] == [{"key": "risk.daily_loss", "old": "10%", "new": "5%"}]
        wrong = await client.post("/api/v1/settings/check", json={"text": "risk:\n  daily_los: 5%\n"})
        assert wrong.status_code == 422
        assert "did you mean daily_loss" in wrong.json()["error"]
        edit = {"text": text, "version": file["version"], "why": "calmer"}
        assert (await client.put("/api/v1/settings/file", json=edit)).status_code == 200
        assert (screens.home / "config" / "dutchbook.yaml").read_text() == text
        stale = await client.put("/api/v1/settings/file", json=edit)
        assert stale.status_code == 422
        now = (await client.get("/api/v1/settings/file")).json()["version"]
        live = await client.put("/api/v1/settings/file", json={"text": "mode: live\n", "version": now})
        assert live.status_code == 422
        assert "on the desk's machine" in live.json()["error"]
        assert (screens.home / "config" / "dutchbook.yaml").read_text() == text


async def test_one_clear_line_where_the_database_is_of_somebody_else(screens: Screens, tmp_path: Path) -> None:
    async with screens.at_work():
        await until(lambda: not screens.context.history.trouble)
        second = Screens(tmp_path)
        async with second.at_work(), second.program() as client:
            await until(lambda: "being opened" not in second.context.history.trouble)
            answer = await client.get("/api/v1/history/runs")
            assert answer.status_code == 503
            assert (await client.get("/api/v1/health")).status_code == 200
