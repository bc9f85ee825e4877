"""Whatever a client says, Kalshi's socket answers an error and goes on."""

from random import Random

import msgspec

from tests.exchange.servers.kalshi.socket_stage import Client, socket_stage
from tests.exchange.servers.kalshi.test_socket import numbers
from tests.exchange.servers.kalshi.venue import JIM, LEP

COMMANDS = ["subscribe", "subscribe", "unsubscribe", "update_subscription", "update_subscription", "SUBSCRIBE", ""]
ACTIONS = ["add_markets", "delete_markets", "get_snapshot", "subscribe_indices", "unsubscribe_indices", "x"]
CHANNELS = ["orderbook_delta", "ticker", "trade", "fill", "user_orders", "market_positions", "market_lifecycle_v2"]
CHANNELS += ["order_group_updates", "cfbenchmarks_value", "communications"]
ODD: list[object] = [None, True, -1, 2**70, 1.5, "", "é\x00", [], {}, [[]], [None], {"a": {}}, "1" * 5_000]
SIDS: list[object] = [0, 1, 2, 3, 4, 5, -7]


def command(rng: Random) -> object:
    """Mostly a command with some sense in it."""
    wrong = ["pyth_value"] if rng.random() < 0.1 else []
    stranger = ["KXNONE"] if rng.random() < 0.1 else []
    params: dict[str, object] = {
        "channels": [*rng.sample(CHANNELS, rng.randint(0, 4)), *wrong],
        "market_tickers": [*rng.sample([LEP, JIM], rng.randint(0, 2)), *stranger],
        "sid" if rng.random() < 0.5 else "sids": [rng.choice(SIDS)],
        "action": rng.choice(ACTIONS),
        "index_ids": rng.choice((["BRTI"], ["all"], ["x"], [])),
        "send_initial_snapshot": rng.random() < 0.5,
    }
    if "sid" in params:
        params["sid"] = rng.choice(SIDS)
    kept: object = {name: value for name, value in params.items() if rng.random() < 0.9}
    if isinstance(kept, dict) and rng.random() < 0.2:
        kept[rng.choice(list(params))] = rng.choice(ODD)
    whole: dict[str, object] = {"id": rng.randint(0, 9), "cmd": rng.choice(COMMANDS), "params": kept}
    if rng.random() < 0.1:
        whole[rng.choice(list(whole))] = rng.choice(ODD)
    return whole


def broken(text: bytes, rng: Random) -> bytes:
    at = rng.randrange(len(text))
    return text[:at] + bytes([rng.randrange(32, 127)]) * rng.randint(0, 3) + text[at + rng.randint(0, 3) :]


async def alive(client: Client) -> bool:
    await client.say({"id": 77, "cmd": "list_subscriptions"})
    return any(each.get("id") == 77 for each in await client.heard())


async def test_random_commands_never_end_a_connection() -> None:
    rng = Random(4)
    async with socket_stage() as stage:
        client = await stage.connect()
        for _ in range(60):
            for _ in range(20):
                text = msgspec.json.encode(command(rng))
                await client.say(broken(text, rng) if rng.random() < 0.3 else text)
            assert await alive(client)


async def test_numbers_stay_without_gaps_whatever_is_asked() -> None:
    rng = Random(9)
    async with socket_stage() as stage:
        client = await stage.connect()
        seen: dict[object, int] = {}
        for _ in range(400):
            await client.say(command(rng))
            for kind, sid, seq in numbers(await client.heard()):
                if isinstance(seq, int):
                    assert seq == seen.get(sid, 0) + 1, (kind, sid)
                    seen[sid] = seq
        assert len(seen) > 3
