"""dutchbook orders, positions, fills, cancel, reconcile, pause and stop: a running desk, over its control socket."""

from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show

if TYPE_CHECKING:
    from dutchbook.app.control.wire import Answer, Request

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000, help="At most so many, the newest first.")]

_STOP_PATIENCE_S = 30.0


def orders(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Those that ended too.")] = False,
    limit: Limit = 100,
    json: Json = False,
) -> None:
    """Orders at work, those without an answer included."""
    from dutchbook.app.control.wire import ShowOrders
    from dutchbook.interfaces.cli.account_view import order_json, order_table

    answer = _ask(ctx, ShowOrders(every, limit))
    rows = answer.orders or ()
    if json:
        print_json({**_facts(answer), "orders": [order_json(row) for row in rows]})
    else:
        show(order_table(answer.mode, rows))


def positions(ctx: typer.Context, json: Json = False) -> None:
    """What the desk holds, and how much of it is settled."""
    from dutchbook.app.control.wire import ShowPositions
    from dutchbook.interfaces.cli.account_view import position_json, position_table

    answer = _ask(ctx, ShowPositions())
    rows = answer.positions or ()
    if json:
        print_json({**_facts(answer), "positions": [position_json(row) for row in rows]})
    else:
        show(position_table(answer.mode, rows))


def fills(ctx: typer.Context, limit: Limit = 100, json: Json = False) -> None:
    """The latest trades of the running desk."""
    from dutchbook.app.control.wire import ShowFills
    from dutchbook.interfaces.cli.account_view import fill_json, fill_table

    answer = _ask(ctx, ShowFills(limit))
    rows = answer.fills or ()
    if json:
        print_json({**_facts(answer), "fills": [fill_json(row) for row in rows]})
    else:
        show(fill_table(answer.mode, rows))


def cancel(
    ctx: typer.Context,
    order: Annotated[str | None, typer.Argument(metavar="[ORDER]", help="The order's id.")] = None,
    market: Annotated[str | None, typer.Option("--market", metavar="MARKET", help="All orders of a market.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All orders.")] = False,
    reason: Why = "",
    json: Json = False,
) -> None:
    """Cancel an order, all of a market, or all."""
    from dutchbook.app.control.wire import Cancel
    from dutchbook.domain.errors import UsageError

    if sum((order is not None, market is not None, every)) != 1:
        raise UsageError("name one of ORDER, --market and --all - `dutchbook orders` shows what is at work")
    _do(ctx, Cancel(order, market, invocation(ctx).by, reason), json=json)


def reconcile(ctx: typer.Context, reason: Why = "", json: Json = False) -> None:
    """Compare orders, balances and positions with the venues now."""
    from dutchbook.app.control.wire import Reconcile

    _do(ctx, Reconcile(invocation(ctx).by, reason), json=json)


def pause(
    ctx: typer.Context,
    strategy: Annotated[str, typer.Argument(metavar="[STRATEGY]", help="Only this one.")] = "",
    reason: Why = "",
    json: Json = False,
) -> None:
    """No new orders until `resume`; what rests stays."""
    from dutchbook.app.control.wire import Pause

    _do(ctx, Pause(strategy, invocation(ctx).by, reason), json=json)


def stop(
    ctx: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Cancel resting sales too.")] = False,
    reason: Why = "",
    json: Json = False,
) -> None:
    """End the run: purchases cancelled, positions stay.

    No new orders leave, resting purchases are cancelled, resting sales only with --all. Exit 3 if an order is unknown.
    """
    from dutchbook.app.control.client import wait_until_over
    from dutchbook.app.control.wire import Stop
    from dutchbook.domain.errors import OrdersUnknown
    from dutchbook.interfaces.cli.account_view import order_json, order_table

    answer = _ask(ctx, Stop(every, invocation(ctx).by, reason), _STOP_PATIENCE_S)
    wait_until_over(invocation(ctx).home)
    unknown, left = answer.unknown or (), answer.orders or ()
    if json:
        lists = {"unknown": [order_json(row) for row in unknown], "orders": [order_json(row) for row in left]}
        print_json({**_facts(answer), **lists})
    else:
        show("stopped", *([order_table(answer.mode, left)] if left else []))
    if unknown:
        names = ", ".join(row.id for row in unknown)
        raise OrdersUnknown(f"{names}: no answer from the venue - the next `dutchbook run` asks it before it trades")


def lift_pause(ctx: typer.Context, strategy: str, *, json: bool) -> None:
    """Lift a pause of the running desk."""
    from dutchbook.app.control.wire import Unpause

    _do(ctx, Unpause(strategy, invocation(ctx).by), json=json)


def _do(ctx: typer.Context, request: "Request", *, json: bool) -> None:
    answer = _ask(ctx, request)
    if json:
        print_json({**_facts(answer), "said": answer.said})
    else:
        show(f"{answer.mode.upper()}  {answer.said}")


def _ask(ctx: typer.Context, request: "Request", patience_s: float | None = None) -> "Answer":
    from dutchbook.app.control.client import PATIENCE_S, ask

    return ask(invocation(ctx).home, request, patience_s or PATIENCE_S)


def _facts(answer: "Answer") -> dict[str, object]:
    return {"mode": answer.mode, "run": answer.run}
