"""dutchbook risk: how far each limit is used, what keeps the desk from trading, and how equity stands to its peak."""

from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import pairs, print_json, show, table
from dutchbook.interfaces.words import NOBODY, iso, money, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dutchbook.app.control.wire import Answer
    from dutchbook.evaluation.desk_rows import LimitRow, LockRow
    from dutchbook.evaluation.snapshot import DeskSnapshot

_BAR = 20
_FULL, _EMPTY = "█", "·"


def risk(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """How far each limit of the running desk is used, its drawdown, and what keeps it from trading."""
    from dutchbook.app.control.client import ask
    from dutchbook.app.control.wire import ShowRisk, ShowSnapshot

    home = invocation(ctx).home
    limits, picture = ask(home, ShowRisk()), ask(home, ShowSnapshot()).snapshot
    if json:
        print_json(_as_json(limits, picture))
        return
    mode = limits.mode.upper()
    if picture is not None:
        show(pairs(f"{mode}  Capital", _capital(picture)), "")
    show(
        table(f"{mode}  Limits", ("rule", "about", "", ">used", ">of", ">limit"), _limit_cells(limits.limits or ())),
        table(
            f"{mode}  What keeps it from opening",
            ("what", "why", "since", "until", "how it ends"),
            _lock_cells(limits.locks or ()),
            empty="nothing",
        ),
    )


def _capital(picture: "DeskSnapshot") -> "Iterator[tuple[str, str]]":
    below = picture.high_water - picture.equity
    share = below * 1_000_000 // picture.high_water if picture.high_water > 0 else 0
    yield "equity", f"{money(picture.equity)}, of which cash {money(picture.cash)}"
    yield "high-water mark", money(picture.high_water)
    yield "drawdown", "none" if below <= 0 else f"{percent(share)} ({money(type(picture.equity)(below))})"
    yield "exposure", f"{money(picture.exposure)}, {money(picture.reserved)} of it in open purchases"
    yield "halted", picture.halted or "no"
    yield "paused", picture.paused or "no"


def _limit_cells(rows: "Sequence[LimitRow]") -> "Iterator[tuple[str, ...]]":
    for row in rows:
        share = row.used * 1_000_000 // row.limit if row.limit > 0 else 0
        filled = min(_BAR, max(0, share * _BAR // 1_000_000))
        bar = _FULL * filled + _EMPTY * (_BAR - filled)
        yield row.rule, row.title or row.about or "whole desk", bar, money(row.used), percent(share), money(row.limit)


def _lock_cells(rows: "Sequence[LockRow]") -> "Iterator[tuple[str, ...]]":
    for row in rows:
        yield row.about or "whole desk", row.reason, iso(row.since) or NOBODY, iso(row.until) or NOBODY, row.lift


def _as_json(answer: "Answer", picture: "DeskSnapshot | None") -> dict[str, object]:
    from dutchbook.interfaces.cli.desk_screen import snapshot_json
    from dutchbook.interfaces.reports.json_face import plain

    stands = {} if picture is None else snapshot_json(picture)
    names = ("equity", "cash", "high_water", "bankroll", "exposure", "reserved", "halted", "paused")
    return {
        "mode": answer.mode,
        "run": answer.run,
        **{name: stands.get(name) for name in names},
        "limits": [plain(row) for row in answer.limits or ()],
        "locks": [plain(row) for row in answer.locks or ()],
    }
