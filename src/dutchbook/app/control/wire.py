"""What is said over the control socket: one JSON line for a request, one for its answer."""

import msgspec

from dutchbook.evaluation.snapshot import FillRow, OrderRow, PositionRow, StageFigures


class ShowOrders(msgspec.Struct, frozen=True, tag="orders"):
    """Orders at work; with `all` those that ended too, newest first, at most `limit`."""

    all: bool = False
    limit: int = 100


class ShowPositions(msgspec.Struct, frozen=True, tag="positions"):
    """What is held."""


class ShowFills(msgspec.Struct, frozen=True, tag="fills"):
    """The latest trades of this run, newest first."""

    limit: int = 100


class ShowLatency(msgspec.Struct, frozen=True, tag="latency"):
    """How long each stage of the way of an order took so far."""


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Cancel an order, all of a market, or (both None) all."""

    order: str | None = None
    market: str | None = None


class Reconcile(msgspec.Struct, frozen=True, tag="reconcile"):
    """Compare with the venues now."""


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """No new orders, of one strategy or (empty) of all; what rests stays."""

    strategy: str = ""


class Unpause(msgspec.Struct, frozen=True, tag="resume"):
    """Lift a pause."""

    strategy: str = ""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End the run: no new orders, cancel what opens risk (with `all` what closes it too), wait, exit."""

    all: bool = False


type Request = ShowOrders | ShowPositions | ShowFills | ShowLatency | Cancel | Reconcile | Pause | Unpause | Stop


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the desk says. `error` is one line in the manner of all errors, and then nothing was done.

    `unknown` are orders of which nobody knows whether they live, in the answer to `Stop` and `Reconcile`.
    """

    mode: str
    run: str
    error: str = ""
    said: str = ""
    orders: tuple[OrderRow, ...] | None = None
    positions: tuple[PositionRow, ...] | None = None
    fills: tuple[FillRow, ...] | None = None
    unknown: tuple[OrderRow, ...] | None = None
    stages: tuple[StageFigures, ...] | None = None


encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Request).decode
decode_answer = msgspec.json.Decoder(Answer).decode
