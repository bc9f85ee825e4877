"""dutchbook alerts: what was raised and told, acknowledging it, and trying the channels out."""

from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation

if TYPE_CHECKING:
    from dutchbook.storage.alert_book import AlertState

COMMANDS = group(help="What the desk raised and told, and who acknowledged it.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@COMMANDS.command("list", epilog="Example: dutchbook alerts list --limit 20")
def list_alerts(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show, the newest.")] = 20,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those that nobody acknowledged yet.")] = False,
    undelivered: Annotated[bool, typer.Option("--undelivered", help="Only those that a channel did not take.")] = False,
    json: AsJson = False,
) -> None:
    """The latest alerts, with what became of them."""
    from dutchbook.interfaces.cli.output import print_json, show, table
    from dutchbook.interfaces.words import iso, span
    from dutchbook.storage.alert_book import AlertBook
    from dutchbook.storage.home import Home

    book = AlertBook(Home(invocation(ctx).home).alerts)
    found = [
        alert for alert in book.alerts().values() if (not waiting or alert.waits) and (not undelivered or alert.pending)
    ][-limit:]
    if json:
        print_json([_json(alert) for alert in reversed(found)])
        return
    rows = (
        (
            alert.raised.id,
            (iso(alert.raised.at) or "")[:19],
            alert.raised.mode.upper(),
            alert.raised.tier,
            alert.raised.title,
            ", ".join(sorted(alert.delivered)) or "-",
            ", ".join(sorted(alert.pending)) or "-",
            f"{alert.acknowledged.by}, {span(alert.response)}" if alert.acknowledged else "-",
        )
        for alert in reversed(found)
    )
    columns = ("alert", "at (UTC)", "mode", "tier", "what", "told", "waits for", "acknowledged")
    show(table("Alerts", columns, rows))


@COMMANDS.command("ack", epilog="Example: dutchbook alerts ack a17")
def acknowledge(
    ctx: typer.Context,
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="Its name, as `alerts list` shows it, or `all`.")],
    json: AsJson = False,
) -> None:
    """Say that you have seen an alert: an emergency is repeated until somebody does."""
    from getpass import getuser

    from dutchbook.engine.clocks import RealClock
    from dutchbook.interfaces.cli.output import print_json, show
    from dutchbook.storage.alert_book import AlertBook
    from dutchbook.storage.home import Home

    book = AlertBook(Home(invocation(ctx).home).alerts)
    names = [name for name, one in book.alerts().items() if one.waits] if alert == "all" else [alert]
    by, now = f"cli:{getuser()}", RealClock().now()
    seen = [book.acknowledge(name, by, now) for name in names]
    if json:
        print_json([_json(one) for one in seen])
        return
    show(*(f"{one.raised.id} acknowledged by {one.acknowledged.by if one.acknowledged else by}" for one in seen))
    if not seen:
        show("nothing waits to be acknowledged")


@COMMANDS.command("test", epilog="Example: dutchbook alerts test")
def try_out(ctx: typer.Context, json: AsJson = False) -> None:
    """Send a test message over every channel, and say which ones took it. Exit 1 if one did not."""
    import asyncio

    from dutchbook.interfaces.alerts.trial import try_channels
    from dutchbook.interfaces.cli.output import print_json, show

    call = invocation(ctx)
    found = asyncio.run(try_channels(call.home, call.load().settings, call.environ))
    if json:
        print_json([{"channel": name, "error": error} for name, error in found])
    elif not found:
        show("no channel is configured - docs/alerts.md says how")
    else:
        show(*(f"{name}: {'taken' if error is None else f'NOT taken - {error}'}" for name, error in found))
    if any(error is not None for _, error in found):
        raise typer.Exit(1)


def _json(alert: "AlertState") -> dict[str, object]:
    from dutchbook.interfaces.words import iso

    raised, seen = alert.raised, alert.acknowledged
    return {
        "alert": raised.id,
        "at": iso(raised.at),
        "mode": raised.mode,
        "occasion": raised.occasion,
        "tier": raised.tier,
        "title": raised.title,
        "text": raised.text,
        "ref": raised.ref or None,
        "told": sorted(alert.delivered),
        "waits_for": sorted(alert.pending),
        "acknowledged_by": seen.by if seen else None,
        "response_seconds": None if alert.response is None else round(alert.response / 1e9, 3),
    }
