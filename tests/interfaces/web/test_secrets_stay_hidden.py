"""Canaries of every kind, planted where secrets lie: no answer of the screens holds one."""

from typing import Any

from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import PASSWORD, Screens, at_work, until

CANARY = "c4n4ry-0f-4-s3cr3t"
PLANTED = {
    "DASHBOARD_API_KEY": f"{CANARY}-dashboard",
    "POLYMARKET_PRIVATE_KEY": f"{CANARY}-polymarket",
    "POLYMARKET_API_SECRET": f"{CANARY}-clob",
    "KALSHI_PRIVATE_KEY": f"{CANARY}-kalshi",
    "TELEGRAM_BOT_TOKEN": f"{CANARY}-telegram",
    "SENTRY_DSN": f"https://{CANARY}@sentry.example/1",
    "PGPASSWORD": f"{CANARY}-postgres",
}


async def test_no_answer_holds_a_secret(tmp_path_factory: Any) -> None:
    screens = Screens(tmp_path_factory.mktemp("canaries"), environ=PLANTED)
    (screens.home / ".env").write_text("".join(f"{name}={value}\n" for name, value in PLANTED.items()))
    (screens.home / ".env").chmod(0o600)
    secret = "JBSWY3DPEHPK3PXP"  # noqa: S105
    screens.add_user("ann", Role.ADMIN)
    screens.add_user("bob", Role.VIEWER, second=secret)
    key = screens.add_key(Role.ADMIN)
    file = screens.context.doorman.users.path.read_text()
    hidden = [CANARY, PASSWORD, key.split("_", 2)[2], secret, "$argon2"]
    assert "$argon2" in file
    async with at_work(screens, lived_s=30), screens.program(key) as client:
        await until(lambda: not screens.context.history.trouble)
        await client.post("/api/v1/session", json={"user": CANARY, "password": CANARY})
        for method, path in _looks(screens):
            answer = await client.request(method, path, json={"text": f"risk: {CANARY}", "why": "x", "user": CANARY})
            found = [each for each in hidden if each in answer.text.replace(f"risk: {CANARY}", "")]
            assert found == [], (path, found)
        for path in ("/sign-in", "/no-such-page", "/api/v1/no-such-thing", "/metrics"):
            answer = await client.get(path)
            assert [each for each in hidden if each in answer.text] == [], path
    # What is left on disk: database, journals, recordings, logs. Secrets stay where they were put.
    put = {screens.home / ".env", screens.context.doorman.users.path}
    files = [path for path in screens.home.rglob("*") if path.is_file() and path not in put]
    assert {".db", ".jsonl", ".log"} <= {path.suffix for path in files}
    for file_left in files:
        text = file_left.read_bytes().decode(errors="replace")
        assert [each for each in hidden if each in text] == [], file_left


def _looks(screens: Screens) -> list[tuple[str, str]]:
    described: dict[str, Any] = screens.app.openapi()["paths"]
    return [
        (method.upper(), path.format(run="x", market="x", bundle="x", order="x", wallet="x", alert="x", strategy="x"))
        for path, operations in described.items()
        for method in operations
        if not path.endswith(("/stream", "/stop", "{number}"))
    ]
