"""Damaged messages and answers: refused with their bytes, or read as what they say; never anything else."""

import random

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import ForeignFill, OrderFilled
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import ONE
from dutchbook.venues.kalshi.open_orders import OpenOrders
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.trading import Answered, read_answered
from tests.venues.kalshi.mutations import mutants
from tests.venues.kalshi.trading.test_codec_properties import History
from tests.venues.kalshi.trading.venue_words import account, swept

MUTANTS = 20_000


def frames() -> tuple[list[History], list[Frame]]:
    rng = random.Random(11)
    histories = [History(number, rng, ours=number < 5) for number in range(7)]
    words = [frame for history in histories for frame in history.words(rng)]
    fills = [fill for history in histories for fill in history.fills]
    gone = tuple(history.last for history in histories if history.last.status != "resting")
    words.append(swept(*account([history.last for history in histories], fills, {"KXA-1": "-2.00"}, gone)))
    return histories, words


def knowing(histories: list[History]) -> KalshiOrderCodec:
    codec = KalshiOrderCodec()
    codec.know(history.order() for history in histories if history.ours)
    return codec


def check(codec: KalshiOrderCodec, frame: Frame) -> bool:
    """Whether it was refused; what was read of fills makes sense."""
    try:
        events = codec.decode(frame)
    except WireError as error:
        kept = error.frame
    else:
        kept = b""
        for event in events:
            if isinstance(event, OrderFilled | ForeignFill):
                assert 0 < event.fill.price < ONE
                assert event.fill.size > 0
                assert event.fill.id
    assert kept in (b"", frame.payload)
    return bool(kept)


def test_damaged_messages_of_the_private_socket() -> None:
    histories, words = frames()
    codec, orders = knowing(histories), OpenOrders(0)
    heard = [frame.payload for frame in words if frame.source == "kalshi/user"]
    refused = 0
    for number, payload in enumerate(mutants(heard, MUTANTS, seed=5)):
        if number % 500 == 0:
            codec, orders = knowing(histories), OpenOrders(0)
        refused += check(codec, Frame("kalshi/user", words[0].received, payload))
        orders.heard(payload)
    assert MUTANTS // 4 < refused < MUTANTS


def test_damaged_answers() -> None:
    """The body of one exchange is damaged, as a venue or a proxy would; the frame around it is our own."""
    histories, words = frames()
    answers = [read_answered(frame) for frame in words if frame.source == "kalshi/orders"]
    bodies = [(answer, place) for answer in answers for place, each in enumerate(answer.exchanges) if each.body]
    rng, refused = random.Random(3), 0
    codec, orders = knowing(histories), OpenOrders(0)
    for number in range(MUTANTS // 4):
        if number % 200 == 0:
            codec, orders = knowing(histories), OpenOrders(0)
        answer, place = rng.choice(bodies)
        [damaged] = mutants([answer.exchanges[place].body.encode()], 1, seed=number)
        text = damaged.decode("utf-8", "replace")
        exchanges = list(answer.exchanges)
        exchanges[place] = msgspec.structs.replace(exchanges[place], body=text)
        changed = msgspec.structs.replace(answer, exchanges=tuple(exchanges))
        refused += check(codec, recorded(changed, words[0]))
        orders.read(changed)
    assert refused > MUTANTS // 20


def recorded(answered: Answered, like: Frame) -> Frame:
    return Frame("kalshi/orders", like.received, msgspec.json.encode(answered))
