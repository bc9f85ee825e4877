"""dutchbook telegram: trying the bot out."""

from typing import Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation

COMMANDS = group(help="The Telegram console: try it out, and find your numbers.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@COMMANDS.command("test", epilog="Example: dutchbook telegram test")
def try_out(ctx: typer.Context, json: AsJson = False) -> None:
    """Say who the bot is, and send a message to every chat that gets alerts."""
    import asyncio

    from dutchbook.interfaces.cli.output import print_json, show
    from dutchbook.interfaces.telegram.trial import trial

    call = invocation(ctx)
    found = asyncio.run(trial(call.home, call.load().settings, call.environ))
    if json:
        print_json(found)
        return
    show(f"bot @{found.bot}, commands of {found.people} people are taken")
    show(*(f"chat {chat}: a message was sent" for chat in found.chats))
    if not found.chats:
        show("nobody gets alerts: set telegram.operators or TELEGRAM_CHAT_ID")


@COMMANDS.command("whoami", epilog="Example: dutchbook telegram whoami")
def whoami(
    ctx: typer.Context,
    wait: Annotated[int, typer.Option("--wait", min=1, max=300, help="Seconds to wait for a message.")] = 60,
    json: AsJson = False,
) -> None:
    """Wait for a message to the bot, and print the user id and chat id of whoever sent it. Nothing is answered."""
    import asyncio

    from dutchbook.domain.errors import UsageError
    from dutchbook.interfaces.cli.output import print_json, show, warn
    from dutchbook.interfaces.telegram.trial import next_sender

    call = invocation(ctx)
    if not json:
        warn(f"waiting {wait} s: send the bot any message now")
    found = asyncio.run(next_sender(call.home, call.environ, wait))
    if found is None:
        raise UsageError(f"nobody wrote to the bot within {wait} s - stop a running messenger, or wait longer")
    if json:
        print_json(found)
        return
    show(f"user {found.user} in chat {found.chat} ({found.kind})", f'settings: telegram: {{operators: "{found.user}"}}')
