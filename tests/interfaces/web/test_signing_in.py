"""Signing in: what is tried too often is not tried any more, and a session ends where it is ended."""

import time

import httpx
import pytest

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.web.passwords import hashed
from dutchbook.interfaces.web.second_factor import code_at, new_secret
from dutchbook.interfaces.web.sessions import COOKIE
from dutchbook.storage.roles import Role
from dutchbook.storage.users_file import SignInCode
from tests.interfaces.web.rig import PASSWORD, Screens


async def guess(client: httpx.AsyncClient, user: str, password: str) -> httpx.Response:
    return await client.post("/api/v1/session", json={"user": user, "password": password})


async def test_of_fifty_guesses_five_are_tried(screens: Screens) -> None:
    screens.add_user("ann", Role.ADMIN)
    async with screens.browser() as client:
        answers = [await guess(client, "ann", f"wrong password {number}") for number in range(50)]
        assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 45
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 15 * 60 + 1
        assert (await guess(client, "ann", PASSWORD)).status_code == 429
        screens.monotonic.now += 15 * 60 + 1
        assert (await guess(client, "ann", PASSWORD)).status_code == 200


async def test_an_account_is_guarded_beside_the_address_that_guesses(screens: Screens) -> None:
    screens.add_user("ann", Role.ADMIN)
    transport = httpx.ASGITransport(app=screens.app, client=("10.0.0.7", 1))
    async with screens.browser() as here:
        for number in range(5):
            await guess(here, "ANN", f"wrong password {number}")
        elsewhere = httpx.AsyncClient(transport=transport, base_url=here.base_url, headers=here.headers)
        assert (await guess(elsewhere, "ann", PASSWORD)).status_code == 429


async def test_unknown_users_are_answered_as_wrong_passwords_are_and_as_slowly(screens: Screens) -> None:
    screens.add_user("ann", Role.ADMIN)

    async def answered(user: str) -> tuple[str, float]:
        began = time.process_time()
        async with screens.browser() as client:
            answer = await guess(client, user, "a wrong password")
        return answer.text, time.process_time() - began

    await answered("warm-up")
    (known, known_s), (unknown, unknown_s) = await answered("ann"), await answered("bob")
    assert known == unknown
    assert unknown_s > known_s / 3  # no hash reckoned would be a hundredth


async def test_the_number_of_a_session_is_new_at_each_sign_in_and_dies_with_it(screens: Screens) -> None:
    screens.add_user("ann", Role.OPERATOR)
    async with screens.browser() as client:
        first = await guess(client, "ann", PASSWORD)
        cookie = first.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        one = client.cookies[COOKIE]
        await guess(client, "ann", PASSWORD)
        two = client.cookies[COOKIE]
        assert one != two
        assert (await client.get("/api/v1/session", headers={"Cookie": f"{COOKIE}={one}"})).json()["how"] == "not"
        await client.delete("/api/v1/session")
        client.cookies.set(COOKIE, two)
        assert (await client.get("/api/v1/session")).json()["how"] == "not"


async def test_a_session_survives_a_restart_of_the_screens_and_ends_after_twelve_hours(screens: Screens) -> None:
    screens.add_user("ann", Role.OPERATOR)
    ann = await screens.signed_in("ann")
    after = Screens(screens.home)
    again = after.browser()
    again.cookies = ann.cookies
    assert (await again.get("/api/v1/session")).json()["name"] == "ann"
    after.clock.advance(Nanos(after.clock.now() + 12 * 3_600 * SECOND + 1))
    assert (await again.get("/api/v1/session")).json()["how"] == "not"
    kept = (screens.home / "run" / "sessions.json").read_text()
    assert ann.cookies[COOKIE] not in kept


async def test_another_password_or_role_and_a_removal_end_what_was_signed_in_before(screens: Screens) -> None:
    screens.add_user("ann", Role.OPERATOR)
    screens.add_user("bob", Role.OPERATOR)
    ann, bob = await screens.signed_in("ann"), await screens.signed_in("bob")
    screens.clock.advance(Nanos(screens.clock.now() + SECOND))
    screens.add_user("ann", Role.ADMIN)
    screens.context.doorman.users.remove_user("bob")
    for client in (ann, bob):
        assert (await client.get("/api/v1/session")).json()["how"] == "not"


async def test_a_sign_in_code_opens_once_and_not_after_its_time(screens: Screens) -> None:
    users, now = screens.context.doorman.users, screens.clock.now()
    for id_ in ("aa", "bb"):
        made = SignInCode(id=id_, role=Role.OPERATOR, secret=hashed("s"), until=Nanos(now + 600 * SECOND))
        users.put_code(made, now)
    async with screens.browser() as client, screens.browser() as thief:
        first = await client.post("/api/v1/session", json={"sign_in_code": "aa-s"})
        assert first.json()["may_steer"]
        assert not first.json()["may_administer"]
        assert (await thief.post("/api/v1/session", json={"sign_in_code": "aa-s"})).status_code == 401
        screens.clock.advance(Nanos(now + 601 * SECOND))
        assert (await thief.post("/api/v1/session", json={"sign_in_code": "bb-s"})).status_code == 401


async def test_a_second_factor_is_asked_for_and_its_codes_are_good_once(screens: Screens) -> None:
    secret = new_secret()
    screens.add_user("ann", Role.ADMIN, second=secret)
    code = code_at(secret, screens.clock.now() // SECOND)
    async with screens.browser() as client:
        assert (await guess(client, "ann", PASSWORD)).status_code == 401
        body = {"user": "ann", "password": PASSWORD, "one_time_code": code}
        assert (await client.post("/api/v1/session", json=body)).json()["fresh"]
        assert (await client.post("/api/v1/session", json=body)).status_code == 401


async def test_wrong_keys_are_throttled_like_wrong_passwords(screens: Screens) -> None:
    right = screens.add_key(Role.VIEWER)
    async with screens.program("dbk_00000000_wrong") as client:
        answers = [(await client.get("/api/v1/snapshot")).status_code for _ in range(7)]
    assert answers == [401] * 5 + [429] * 2
    async with screens.program(right) as client:
        assert (await client.get("/api/v1/snapshot")).status_code == 429


async def test_the_key_of_the_environment_acts_as_an_operator(tmp_path_factory: pytest.TempPathFactory) -> None:
    screens = Screens(tmp_path_factory.mktemp("keyed"), environ={"DASHBOARD_API_KEY": "a-long-enough-key-of-mine"})
    async with screens.program("a-long-enough-key-of-mine") as client:
        found = (await client.get("/api/v1/session")).json()
    assert (found["role"], found["how"]) == ("operator", "key")


async def test_the_page_signs_in_by_a_plain_form_and_shows_no_markup_of_others(screens: Screens) -> None:
    screens.add_user("ann", Role.OPERATOR)
    async with screens.browser() as client:
        wrong = await client.post("/sign-in", data={"user": "<script>alert(1)</script>", "password": "x"})
        assert wrong.status_code == 401
        assert "<script" not in wrong.text
        right = await client.post("/sign-in", data={"user": "ann", "password": PASSWORD})
        assert (right.status_code, right.headers["Location"]) == (303, "/")
        assert (await client.get("/api/v1/session")).json()["name"] == "ann"
        await client.post("/sign-in", data={"out": "1"})
        assert (await client.get("/api/v1/session")).json()["how"] == "not"


def test_no_hash_is_that_of_a_weaker_kind() -> None:
    assert hashed("anything").startswith("$argon2id$")
