"""The event loop that sockets run on."""

import asyncio


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A uvloop where there is one, else the standard loop."""
    try:
        import uvloop
    except ImportError:  # not on every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
