"""Who is let through to the screens, and what every answer says to browsers."""

import httpx
import pytest

from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.interfaces.web.security import LARGEST_BODY
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import ADDRESS, SAME_ORIGIN, Screens


def closed() -> Settings:
    """Settings under which nobody looks without signing in."""
    settings = shipped_settings()
    return settings.model_copy(update={"web": settings.web.model_copy(update={"open_reading": False})})


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:2345", "", "[::2]:2345"])
async def test_a_name_that_leads_here_by_chance_or_malice_is_not_answered(screens: Screens, host: str) -> None:
    async with screens.program() as client:
        answer = await client.get("/api/v1/health", headers={"Host": host})
    assert answer.status_code == 421
    assert "status" not in answer.json()


@pytest.mark.parametrize("host", ["127.0.0.1:2345", "localhost:2345", "[::1]:2345", "LOCALHOST"])
async def test_the_names_of_this_machine_are_answered(screens: Screens, host: str) -> None:
    async with screens.program() as client:
        assert (await client.get("/api/v1/health", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("query", ["api_key=abc", "API_KEY=abc", "token=abc", "x=dbk_00_abc", "password=x"])
async def test_a_key_in_a_url_is_refused_even_where_no_key_is_needed(screens: Screens, query: str) -> None:
    async with screens.program() as client:
        answer = await client.get(f"/api/v1/health?{query}")
    assert answer.status_code == 400
    assert "X-API-Key" in answer.json()["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:2345", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:1", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": ADDRESS},
        {"Origin": ADDRESS, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
async def test_what_changes_something_must_come_from_a_page_of_this_desk(
    screens: Screens, headers: dict[str, str]
) -> None:
    screens.add_user("ann", Role.ADMIN)
    signed_in = await screens.signed_in("ann")
    async with screens.program() as elsewhere:
        elsewhere.cookies = signed_in.cookies
        answer = await elsewhere.post("/api/v1/halt", json={}, headers=headers)
        assert answer.status_code == 403
        assert (await elsewhere.post("/api/v1/halt", json={}, headers=SAME_ORIGIN)).status_code == 200


async def test_a_page_of_another_site_cannot_use_a_key_that_it_has_been_given(screens: Screens) -> None:
    key = screens.add_key(Role.OPERATOR)
    async with screens.program(key) as client:
        answer = await client.post("/api/v1/halt", json={}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert (await client.post("/api/v1/halt", json={})).status_code == 200


async def test_a_body_beyond_all_need_is_refused_whether_it_says_its_length_or_not(screens: Screens) -> None:
    async with screens.browser() as client:
        long = b'{"user":"' + b"x" * LARGEST_BODY + b'"}'
        said = await client.post("/api/v1/session", content=long, headers={"Content-Type": "application/json"})
        assert said.status_code == 413
        lied = await client.get("/api/v1/health", headers={"Content-Length": "-1"})
        assert lied.status_code == 413


async def test_every_answer_tells_browsers_to_trust_nothing_else(screens: Screens) -> None:
    async with screens.program() as client:
        answers = [await client.get(path) for path in ("/api/v1/health", "/sign-in", "/api/nothing", "/api/v1/orders")]
        answers.append(await client.get("/api/v1/health", headers={"Host": "evil.example"}))
    for answer in answers:
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
    pages = [answer for answer in answers if "script-src" in answer.headers["Content-Security-Policy"]]
    assert all("http:" not in answer.headers["Content-Security-Policy"] for answer in pages)


async def test_where_looking_is_closed_nothing_but_the_way_in_is_shown(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    screens = Screens(tmp_path_factory.mktemp("closed"), closed())
    screens.add_user("ann", Role.VIEWER)
    async with screens.program() as nobody:
        health = await nobody.get("/api/v1/health")
        assert health.json()["version"] == ""
        for path in ("/api/v1/snapshot", "/openapi.json", "/api/v1/stream", "/api/v1/history/runs"):
            assert (await nobody.get(path)).status_code == 401, path
        page = await nobody.get("/risk")
        assert (page.status_code, page.headers["Location"]) == (303, "/sign-in")
    ann = await screens.signed_in("ann")
    assert (await ann.get("/api/v1/snapshot")).status_code == 200


async def test_a_users_file_that_others_may_read_lets_nobody_in(screens: Screens) -> None:
    screens.add_user("ann", Role.ADMIN)
    screens.context.doorman.users.path.chmod(0o644)
    async with screens.browser() as client:
        answer: httpx.Response = await client.post("/api/v1/session", json={"user": "ann", "password": "x" * 12})
    assert answer.status_code in (422, 503)
    assert "chmod 600" in answer.json()["error"]
