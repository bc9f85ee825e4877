"""dutchbook messenger: alerts and the Telegram console, as a process beside the desk."""

import sys
from typing import Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation


def messenger(
    ctx: typer.Context,
    if_wanted: Annotated[
        bool, typer.Option("--if-wanted", help="End at once where neither a bot nor a channel is configured.")
    ] = False,
    companion: Annotated[bool, typer.Option("--companion", hidden=True, help="What `run` starts.")] = False,
) -> None:
    """Tell people what happens, and take their commands over Telegram.

    A desk starts it by itself where a bot or a channel is configured. It opens no port and holds no keys of venues.
    """
    import asyncio
    import signal
    import threading

    from dutchbook.interfaces.alerts.wanted import messenger_wanted
    from dutchbook.interfaces.cli.output import show
    from dutchbook.interfaces.messenger_setup import Farewell, Setup, serve

    call = invocation(ctx)
    settings = call.load().settings
    if if_wanted and not messenger_wanted(call.home, settings, call.environ):
        show("no messenger is wanted: no bot and no channel is configured - see docs/alerts.md")
        return

    def write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    setup = Setup(home=call.home, settings=settings, environ=call.environ, write=write, companion=companion)

    async def until_ended() -> None:
        loop = asyncio.get_running_loop()
        farewell: asyncio.Future[Farewell] = loop.create_future()

        def end(why: Farewell) -> None:
            if not farewell.done():
                farewell.set_result(why)

        def orphaned() -> None:
            while sys.stdin.buffer.read(1 << 12):
                pass
            # Where the desk ends in good order a signal follows at once, and says so.
            loop.call_soon_threadsafe(loop.call_later, 0.5, end, Farewell.ORPHANED)

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, end, Farewell.ASKED)
        if companion:
            threading.Thread(target=orphaned, daemon=True).start()
        await serve(setup, farewell)

    asyncio.run(until_ended())
