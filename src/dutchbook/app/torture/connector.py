"""aiohttp over the network within the process."""

import asyncio
from typing import Any

import aiohttp

from dutchbook.app.torture.virtual_time import VirtualLoop


class VirtualConnector(aiohttp.TCPConnector):
    """Connects over the running `VirtualLoop`. A connector of aiohttp opens real sockets before it asks the loop."""

    async def _wrap_create_connection(  # type: ignore[override]
        self, *args: Any, addr_infos: Any, **_: Any
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        loop = asyncio.get_running_loop()
        if not isinstance(loop, VirtualLoop):
            raise TypeError("a virtual connector works on a virtual loop alone")
        return await loop.create_connection(args[0], *addr_infos[0][4][:2])
