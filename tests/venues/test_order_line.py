"""The line that orders leave by: once, at once, and told of truly whatever the far end does."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import aiofastnet
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from dutchbook.domain.errors import UsageError
from dutchbook.venues.order_line import LineTerms, OrderLine, dialler
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Exchange
from tests.venues.live.virtual_time import VirtualTime, until
from tests.venues.raw_server import RawServer, Visit, request, response

ORDER = request("/order", b'{"order":1}')
CANCEL = request("/order", b'{"orderID":"0x1"}', "DELETE")
TERMS = LineTerms(warm=2, most=3)


class _Timer:
    def __init__(self, at: float, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Timers:
    """Wake-ups that a test fires itself; those that are due at once come at the loop's next turn."""

    def __init__(self) -> None:
        self.set: list[_Timer] = []

    def later(self, delay: float, call: Callable[[], None]) -> _Timer:
        timer = _Timer(delay, call)
        if delay:
            self.set.append(timer)
        else:
            asyncio.get_running_loop().call_soon(call)
        return timer

    def fire(self) -> None:
        """All that are still set, now."""
        for timer in [each for each in self.set if not each.cancelled]:
            timer.cancelled = True
            timer.call()


class Sender:
    """A line with its time, its server, and what it told."""

    def __init__(self, server: RawServer, terms: LineTerms) -> None:
        self.server = server
        self.time = VirtualTime()
        self.timers = Timers()
        around = Surroundings(self.time, Random(7), self.time.sleep, connect)
        self.line = OrderLine(server.base, around, terms, later=self.timers.later)
        self.told: list[Exchange] = []

    def send(self, what: bytes = ORDER, *, urgent: bool = False) -> None:
        self.line.send(what, self.told.append, urgent=urgent)

    async def outcome(self, what: bytes = ORDER) -> Exchange:
        before = len(self.told)
        self.send(what)
        await until(lambda: len(self.told) > before)
        return self.told[-1]


@asynccontextmanager
async def sending(behave: Callable[[Visit, bytes], None], terms: LineTerms = TERMS) -> AsyncIterator[Sender]:
    async with RawServer(behave).listening() as server:
        sender = Sender(server, terms)
        running = asyncio.create_task(sender.line.run())
        try:
            await until(lambda: sender.line.ready)
            yield sender
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


def saying(data: bytes) -> Callable[[Visit, bytes], None]:
    return lambda visit, _: visit.say(data)


async def leave_at_once() -> None:
    """A request over a pair of sockets: read before anything else of the loop could run, and answered."""
    far: list[socket.socket] = []

    async def dial(protocol: asyncio.Protocol) -> asyncio.Transport:
        near, other = socket.socketpair()
        other.setblocking(False)
        far.append(other)
        loop = asyncio.get_running_loop()
        transport, _ = await aiofastnet.create_connection(loop, lambda: protocol, sock=near)
        return transport

    time = VirtualTime()
    line = OrderLine("http://127.0.0.1", Surroundings(time, Random(7), time.sleep, connect), TERMS, dial=dial)
    running = asyncio.create_task(line.run())
    await until(lambda: line.ready)
    told: list[Exchange] = []
    line.send(ORDER, told.append)
    assert far[-1].recv(4096) == ORDER
    far[-1].send(response(b"{}"))
    await until(lambda: told)
    assert told == [Exchange(path="/order", status=200, body="{}")]
    running.cancel()
    await asyncio.wait([running])
    for each in far:
        each.close()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_bytes_leave_in_the_same_call(loop: str) -> None:
    if loop == "uvloop":
        uvloop = pytest.importorskip("uvloop")
        uvloop.run(leave_at_once())
    else:
        asyncio.run(leave_at_once())


async def test_warm_connections_are_used_again() -> None:
    async with sending(saying(response(b"{}"))) as sender:
        for _ in range(20):
            await sender.outcome()
        assert len(sender.server.visits) == TERMS.warm


async def test_a_pause_that_the_venue_asks_for_is_told() -> None:
    async with sending(saying(response(b"{}", "425 Too Early", "Retry-After: 7"))) as sender:
        assert await sender.outcome() == Exchange(path="/order", status=425, body="{}", retry_after_s=7.0)


async def test_headers_that_are_wanted_are_handed_on_and_others_are_not() -> None:
    data = response(BODY, "200 OK", "Poly-RateLimit-Tier: Gold", "X-Other: 1")
    terms = LineTerms(warm=2, most=3, keep=frozenset({b"poly-ratelimit-tier"}))
    async with sending(saying(data), terms) as sender:
        assert (await sender.outcome()).headers == {"poly-ratelimit-tier": "Gold"}
    async with sending(saying(data)) as sender:
        assert (await sender.outcome()).headers == {}


async def test_requests_never_share_a_connection_at_the_same_time() -> None:
    async with sending(lambda *_: None) as sender:
        for _ in range(5):
            sender.send()
        await until(lambda: len(sender.server.requests) == TERMS.most - 1)
        assert all(len(visit.requests) <= 1 for visit in sender.server.visits)
        held, sender.server.behave = list(sender.server.visits), saying(response(b"{}"))
        for visit in held:
            if visit.requests:
                visit.say(response(b"{}"))
        await until(lambda: len(sender.told) == 5)
        assert len(sender.server.requests) == 5


async def test_a_cancel_never_waits_behind_orders() -> None:
    async with sending(lambda *_: None) as sender:
        for _ in range(10):
            sender.send()
        await until(lambda: len(sender.server.requests) == TERMS.most - 1)
        sender.send(CANCEL, urgent=True)
        await until(lambda: CANCEL in sender.server.requests)
        assert len(sender.server.requests) == TERMS.most


async def test_of_those_who_wait_cancels_go_first() -> None:
    async with sending(lambda *_: None) as sender:
        for _ in range(4):
            sender.send()
        await until(lambda: len(sender.server.requests) == 2)
        sender.send(CANCEL, urgent=True)
        sender.send(CANCEL, urgent=True)
        await until(lambda: len(sender.server.requests) == 3)
        next(visit for visit in sender.server.visits if visit.requests == [ORDER]).say(response(b"{}"))
        await until(lambda: len(sender.server.requests) == 4)
        assert sender.server.requests[-1] == CANCEL


async def test_what_waits_for_a_connection_can_be_taken_back_and_never_leaves() -> None:
    async with sending(lambda *_: None) as sender:
        for number in range(5):
            sender.line.send(ORDER, sender.told.append, cargo=number)
        await until(lambda: len(sender.server.requests) == TERMS.most - 1)
        sender.line.send(CANCEL, sender.told.append, urgent=True, cargo=5)
        await until(lambda: len(sender.server.requests) == TERMS.most)
        assert sender.line.withdraw(lambda cargo: cargo in (0, 3, 5)) == [3], "what left, and cancels, go their way"
        assert sender.line.withdraw(lambda _: True) == [2, 4]
        sender.server.behave = saying(response(b"{}"))
        for visit in sender.server.visits:
            if visit.requests:
                visit.say(response(b"{}"))
        await until(lambda: len(sender.told) == TERMS.most)
        sender.send()
        await until(lambda: len(sender.told) == TERMS.most + 1)
        assert sender.server.requests.count(ORDER) == TERMS.most


def test_orders_do_not_leave_unprotected() -> None:
    async def make() -> None:
        OrderLine("http://venue.example", Surroundings(VirtualTime(), Random(1), VirtualTime().sleep, connect))

    with pytest.raises(UsageError, match="https"):
        asyncio.run(make())


async def test_without_a_running_line_nothing_leaves() -> None:
    async with RawServer(saying(response(b"{}"))).listening() as server:
        sender = Sender(server, TERMS)
        assert await sender.outcome() == Exchange(path="/order", failure="no connection", left=False)
        assert not server.requests


async def test_a_host_that_cannot_be_reached_refuses_what_waits() -> None:
    async with RawServer(saying(response(b"{}"))).listening() as server:
        sender = Sender(server, TERMS)
    running = asyncio.create_task(sender.line.run())
    await asyncio.sleep(0)
    told = await sender.outcome()
    assert told.failure.startswith("no connection")
    assert not told.left
    running.cancel()
    await asyncio.wait([running])


async def test_silence_is_a_timeout_and_the_connection_is_given_up() -> None:
    async with sending(lambda *_: None) as sender:
        sender.send()
        await until(lambda: sender.server.requests)
        [visit] = [each for each in sender.server.visits if each.requests]
        sender.timers.fire()
        assert sender.told == [Exchange(path="/order", failure="timeout")]
        await until(lambda: visit in sender.server.gone)


async def test_a_request_that_never_got_a_connection_did_not_leave() -> None:
    async with sending(lambda *_: None) as sender:
        for _ in range(4):
            sender.send()
        await until(lambda: len(sender.server.requests) == 2)
        sender.timers.fire()
        assert [told.left for told in sender.told] == [True, True, False, False]
        assert {told.failure for told in sender.told} == {"timeout"}
        sender.server.behave = saying(response(b"{}"))
        assert (await sender.outcome()).status == 200
        assert len(sender.server.requests) == 3


async def test_too_many_waiting_are_refused() -> None:
    async with sending(lambda *_: None, LineTerms(warm=2, most=2, waiting=3)) as sender:
        for _ in range(6):
            sender.send()
        await until(lambda: sender.told)
        assert [(told.failure, told.left) for told in sender.told] == [("line is full", False)] * 2


async def test_an_answer_after_the_timeout_is_nobodys() -> None:
    async with sending(lambda *_: None) as sender:
        sender.send()
        await until(lambda: sender.server.requests)
        [visit] = [each for each in sender.server.visits if each.requests]
        sender.timers.fire()
        visit.say(response(b'"late"'))
        sender.server.behave = saying(response(b'"mine"'))
        assert (await sender.outcome()).body == '"mine"'


async def test_a_closed_connection_is_replaced() -> None:
    async with sending(saying(response(b"{}"))) as sender:
        await sender.outcome()
        for visit in sender.server.visits:
            visit.hang_up()
        await until(lambda: len(sender.server.gone) == TERMS.warm)
        await until(lambda: not sender.line.ready)
        await sender.time.advance(60)
        await until(lambda: sender.line.ready)
        assert (await sender.outcome()).status == 200


async def test_who_only_hangs_up_is_not_stormed() -> None:
    async with RawServer(saying(response(b"{}"))).listening() as server:
        server.greet = Visit.hang_up
        sender = Sender(server, TERMS)
        running = asyncio.create_task(sender.line.run())
        for _ in range(600):
            await sender.time.advance(0.1)
        assert len(server.visits) < 60
        running.cancel()
        await asyncio.wait([running])


async def test_idle_connections_are_kept_awake() -> None:
    async with sending(saying(response(b"1767225600"))) as sender:
        for _ in range(100):
            await sender.time.advance(1)
        await until(lambda: len(sender.server.requests) >= 2)
        assert {each.split(b"\r\n")[0] for each in sender.server.requests} == {b"GET /time HTTP/1.1"}
        assert all(visit.requests for visit in sender.server.visits)
        assert not sender.told


async def test_what_is_under_way_when_the_line_ends_is_told() -> None:
    async with sending(lambda *_: None) as sender:
        for _ in range(3):
            sender.send()
        await until(lambda: len(sender.server.requests) == 2)
    assert [(told.failure, told.left) for told in sender.told] == [
        ("closed before answer", True),
        ("closed before answer", True),
        ("no connection", False),
    ]


# What can be wrong with an answer.

BODY = b'{"success":true}'
GOOD = response(BODY)
MALFORMED: dict[str, bytes] = {
    "no http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "an older http without length": b"HTTP/1.0 200 OK\r\n\r\n{}",
    "no length": b"HTTP/1.1 200 OK\r\n\r\n{}",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: some\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    "a packed body": response(BODY, "200 OK", "Content-Encoding: gzip"),
    "a broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    "text that is no utf-8": response(b'{"error":"\xff\xfe"}'),
    "a change of protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a body beyond all measure": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
    "a head beyond all measure": b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "a line feed in a header": b"HTTP/1.1 200 OK\r\nA: b\rc\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED.keys())
async def test_a_malformed_answer_is_none(data: bytes) -> None:
    async with sending(saying(data)) as sender:
        told = await sender.outcome()
        assert told.status is None
        assert told.failure.startswith("malformed answer: ")
        assert told.left
        sender.server.behave = saying(GOOD)
        assert (await sender.outcome()).body == BODY.decode()


async def test_an_answer_beyond_the_limit_is_none() -> None:
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1000\r\n" + b" " * 4096 + b"\r\n"
    async with sending(saying(data), LineTerms(warm=2, most=3, longest_answer=1_000)) as sender:
        assert (await sender.outcome()).failure.startswith("malformed answer: its body has more than")


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n"
    + BODY[:8]
    + b"\r\n8\r\n"
    + BODY[8:]
    + b"\r\n0\r\n\r\n"
)


@pytest.mark.parametrize("data", [GOOD, CHUNKED], ids=["length", "chunks"])
@pytest.mark.parametrize("pieces", [1, 2, 3, 7])
async def test_an_answer_may_come_in_pieces(data: bytes, pieces: int) -> None:
    def dribble(visit: Visit, _: bytes) -> None:
        step = -(-len(data) // pieces)
        for at in range(0, len(data), step):
            asyncio.get_running_loop().call_soon(visit.say, data[at : at + step])

    async with sending(dribble) as sender:
        assert await sender.outcome() == Exchange(path="/order", status=200, body=BODY.decode())


def cuts() -> Iterator[tuple[str, bytes, int]]:
    for name, data in (("length", GOOD), ("chunks", CHUNKED)):
        for at in range(0, len(data), 7):
            yield f"{name}-{at}", data, at


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(("data", "at"), [c[1:] for c in cuts()], ids=[c[0] for c in cuts()])
async def test_half_an_answer_is_none_wherever_it_is_cut(data: bytes, at: int, reset: bool) -> None:
    def cut(visit: Visit, _: bytes) -> None:
        visit.say(data[:at])
        (visit.reset if reset else visit.hang_up)()

    async with sending(cut) as sender:
        told = await sender.outcome()
        assert told.status is None
        assert told.left
        assert told.failure.partition(":")[0] in ("closed before answer", "reset")
        sender.server.behave = saying(GOOD)
        await sender.time.advance(60)
        assert (await sender.outcome()).status == 200
        assert sender.server.requests.count(ORDER) == 2


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with sending(saying(response(b"", "307 Temporary Redirect", "Location: /elsewhere"))) as sender:
        assert (await sender.outcome()).status == 307
        assert sender.server.requests == [ORDER]


async def test_a_second_answer_to_one_request_is_dropped_with_its_connection() -> None:
    async with sending(saying(GOOD + response(b'"another"'))) as sender:
        assert (await sender.outcome()).body == BODY.decode()
        await until(lambda: sender.server.gone)
        sender.server.behave = saying(GOOD)
        assert (await sender.outcome()).body == BODY.decode()


async def test_bytes_that_nobody_asked_for_end_the_connection() -> None:
    async with sending(saying(GOOD)) as sender:
        sender.server.visits[0].say(GOOD)
        await until(lambda: sender.server.gone)
        assert (await sender.outcome()).status == 200


async def test_a_preliminary_answer_is_passed_over() -> None:
    async with sending(saying(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + GOOD)) as sender:
        assert (await sender.outcome()).status == 200


async def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    async with sending(saying(response(b"{}", "200 OK", "Connection: close"))) as sender:
        for _ in range(5):
            assert (await sender.outcome()).status == 200
        assert max(len(visit.requests) for visit in sender.server.visits) == 1


async def test_a_web_page_is_handed_on_as_it_is() -> None:
    async with sending(saying(response(b"<html>blocked</html>", "403 Forbidden"))) as sender:
        assert await sender.outcome() == Exchange(path="/order", status=403, body="<html>blocked</html>")


# Protected connections.


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine that nobody else has reason to trust, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    since = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(since)
        .not_valid_after(since + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    crt, pem = folder / "crt.pem", folder / "key.pem"
    crt.write_bytes(made.public_bytes(Encoding.PEM))
    pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return crt, pem


@asynccontextmanager
async def protected(folder: Path) -> AsyncIterator[tuple[RawServer, Path]]:
    crt, pem = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, pem)
    async with RawServer(saying(GOOD)).listening(context) as server:
        yield server, crt


async def test_orders_travel_protected(tmp_path: Path) -> None:
    async with protected(tmp_path) as (server, crt):
        time = VirtualTime()
        dial = dialler(server.base, 5, ssl.create_default_context(cafile=crt))
        line = OrderLine(server.base, Surroundings(time, Random(7), time.sleep, connect), TERMS, dial=dial)
        running = asyncio.create_task(line.run())
        await until(lambda: line.ready)
        assert (await line.ask(ORDER)).body == BODY.decode()
        assert server.requests == [ORDER]
        for visit in server.visits:
            visit.reset()
        running.cancel()
        await asyncio.wait([running])


async def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_left(tmp_path: Path) -> None:
    async with protected(tmp_path) as (server, _):
        time = VirtualTime()
        line = OrderLine(server.base, Surroundings(time, Random(7), time.sleep, connect), TERMS)
        running = asyncio.create_task(line.run())
        await asyncio.sleep(0)
        told = await line.ask(ORDER)
        assert "self-signed certificate" in told.failure
        assert not told.left
        assert not server.requests
        running.cancel()
        await asyncio.wait([running])
