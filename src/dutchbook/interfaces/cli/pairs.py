"""dutchbook pairs: which markets of two venues a person holds to ask one thing."""

from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.output import pairs as name_values
from dutchbook.interfaces.cli.output import print_json, show, table, warn
from dutchbook.interfaces.words import NOBODY, iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dutchbook.domain.identity import MarketId, Venue
    from dutchbook.domain.markets import Market
    from dutchbook.domain.pairs import Pair, PairedMarket

COMMANDS = group(help="Pairs of markets that two venues settle alike.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(metavar="PAIR", help="The pair's id, for example p1.")]


@COMMANDS.command("add", epilog='Example: dutchbook pairs add 0x5b1f... KXFED-26DEC-T4.00 --reason "the same rules"')
def add(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    yes_market: Annotated[str, typer.Argument(metavar="YES_MARKET", help="A market of one venue.")],
    no_market: Annotated[str, typer.Argument(metavar="NO_MARKET", help="The market of the other venue.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why both resolve alike.")],
    inverted: Annotated[bool, typer.Option("--inverted", help="They always resolve opposite to each other.")] = False,
    mismatch: Annotated[
        str | None,
        typer.Option(
            "--mismatch", metavar="SHARE", help="Highest probability of settling differently, for example 2%."
        ),
    ] = None,
    venue: places.RealVenues = None,
    sandbox: places.InSandbox = False,
    json: AsJson = False,
) -> None:
    """Approve a pair: YES of one with NO of the other pays a dollar, and so does NO with YES.

    With --venue (both) or --sandbox the markets must be listed there; else only the form of their ids is checked.
    A desk reads the table when it starts.
    """
    from getpass import getuser

    from dutchbook.app.pairing import Wanted, approve
    from dutchbook.engine.clocks import RealClock

    call = invocation(ctx)
    ppm = None if mismatch is None else _share(mismatch)
    listed = _listed(call, venue, sandbox=sandbox, ids=(yes_market, no_market))
    wanted = Wanted(
        first=yes_market, second=no_market, inverted=inverted, reason=reason, who=getuser(), mismatch_ppm=ppm
    )
    made = approve(call.home, wanted, listed, RealClock().now())
    if json:
        print_json(_pair_json(made))
        return
    show(f"{made.id} approved: {_in_words(made)}", "next: dutchbook run, or dutchbook pairs list")
    for difference in _differences(made, listed):
        warn(f"{made.id}: {difference}")


@COMMANDS.command("list", epilog="Example: dutchbook pairs list --sandbox")
def list_pairs(
    ctx: typer.Context, venue: places.RealVenues = None, sandbox: places.InSandbox = False, json: AsJson = False
) -> None:
    """All pairs, approved and proposed; with --venue or --sandbox also what keeps one from being traded now."""
    from dutchbook.app.pairing import all_pairs, hindered

    call = invocation(ctx)
    found = all_pairs(call.home)
    ids = tuple(paired.market for pair in found for paired in pair.markets)
    listed = _listed(call, venue, sandbox=sandbox, ids=ids)
    why = {} if listed is None else hindered(found, listed)
    if json:
        now = {} if listed is None else {pair.id: {"hindered": why.get(pair.id)} for pair in found}
        print_json([{**_pair_json(pair), **now.get(pair.id, {})} for pair in found])
        return
    rows = (
        (pair.id, pair.status, pair.first.market, pair.second.market, _relation(pair), pair.who, why.get(pair.id, ""))
        for pair in found
    )
    columns = ("pair", "status", "market", "market", "they resolve", "by", "hindered by")
    empty = "none yet: dutchbook pairs add YES_MARKET NO_MARKET --reason TEXT"
    show(table("Pairs across venues", columns, rows, empty=empty, whole=True))


@COMMANDS.command("show", epilog="Example: dutchbook pairs show p1")
def show_pair(ctx: typer.Context, pair: Name, json: AsJson = False) -> None:
    """One pair, and all that was ever decided about it."""
    from dutchbook.app.pairing import history

    decisions = history(invocation(ctx).home, pair)
    newest = decisions[-1]
    if json:
        print_json({**_pair_json(newest), "decisions": [_pair_json(each) for each in decisions]})
        return
    mismatch = NOBODY if newest.mismatch_ppm is None else _percent(newest.mismatch_ppm)
    facts = [(f"at {paired.venue}", _named(paired)) for paired in newest.markets]
    facts += [("they resolve", _relation(newest)), ("mismatch reckoned", mismatch), ("status", newest.status)]
    rows = ((iso(each.at) or NOBODY, each.status, each.who, each.reason) for each in decisions)
    show(name_values(f"Pair {newest.id}", facts), "", table("Decisions", ("at", "status", "by", "reason"), rows))


@COMMANDS.command("remove", epilog="Example: dutchbook pairs remove p1")
def remove(
    ctx: typer.Context,
    pair: Name,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the record.")] = "",
    json: AsJson = False,
) -> None:
    """Take a pair out of trading from the next run on. What is held of it stays held."""
    from getpass import getuser

    from dutchbook.app.pairing import Decided
    from dutchbook.app.pairing import remove as take_out
    from dutchbook.engine.clocks import RealClock

    gone = take_out(invocation(ctx).home, pair, Decided(getuser(), reason, RealClock().now()))
    if json:
        print_json(_pair_json(gone))
    else:
        show(f"{gone.id} removed: {_in_words(gone)}")


def _listed(
    call: Invocation, venues: "list[Venue] | None", *, sandbox: bool, ids: "Sequence[str]"
) -> "Mapping[MarketId, Market] | None":
    """What the venues list, and these markets even where they are not among the first; None if none was named."""
    from dutchbook.app.pairing import by_form

    if not venues and not sandbox:
        return None
    chosen = places.choice(venues, places.Sandbox(None, None, None, asked=sandbox))
    with places.source(chosen, call, call.load().settings, by_form(ids)) as live, closing(live):
        return {market.id: market for market in live.markets}


def _share(text: str) -> int:
    from pydantic import TypeAdapter, ValidationError

    from dutchbook.domain.errors import UsageError
    from dutchbook.domain.quantities import Share

    try:
        return TypeAdapter(Share).validate_python(text)
    except ValidationError:
        raise UsageError(f"--mismatch {text!r} is no share - write 0.02 or 2%") from None


def _differences(pair: "Pair", listed: "Mapping[MarketId, Market] | None") -> "list[str]":
    """What a person should look at before it is traded: both markets in what they say of their end."""
    if listed is None:
        return []
    first, second = (listed[paired.market] for paired in pair.markets)
    found = []
    if first.settles != second.settles:
        ends = " and ".join(f"{iso(each.settles) or 'at no announced time'} ({each.venue})" for each in (first, second))
        found.append(f"expected to settle {ends}")
    if first.rules != second.rules:
        found.append("the rules are not word for word the same - read both")
    return found


def _in_words(pair: "Pair") -> str:
    names = " and ".join(f"{_named(paired)} at {paired.venue}" for paired in pair.markets)
    return f"{names} resolve {_relation(pair)}"


def _named(paired: "PairedMarket") -> str:
    return f"{paired.market} ({paired.title})" if paired.title else paired.market


def _relation(pair: "Pair") -> str:
    return "opposite" if pair.inverted else "alike"


def _percent(ppm: int) -> str:
    from dutchbook.domain.units import decimal_text

    return f"{decimal_text(ppm, 4)}%"


def _pair_json(pair: "Pair") -> "dict[str, object]":
    from dutchbook.domain.units import decimal_text

    return {
        "pair": pair.id,
        "status": pair.status,
        "yes_market": _market_json(pair.first),
        "no_market": _market_json(pair.second),
        "inverted": pair.inverted,
        "mismatch": None if pair.mismatch_ppm is None else decimal_text(pair.mismatch_ppm, 6),
        "reason": pair.reason,
        "who": pair.who,
        "at": iso(pair.at),
    }


def _market_json(paired: "PairedMarket") -> "dict[str, object]":
    return {"venue": paired.venue, "market": paired.market, "title": paired.title}
