"""Pictures of the desk as they come, over server-sent events and over a WebSocket: at most four a second."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from fastapi import FastAPI, Request, WebSocket
from starlette.responses import StreamingResponse
from starlette.websockets import WebSocketDisconnect

from dutchbook.interfaces.web.api.desk import snapshot_view
from dutchbook.interfaces.web.api.routes import PREFIX, ROLE, needing
from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.present import shown
from dutchbook.interfaces.web.security import principal_of
from dutchbook.interfaces.web.who import How, Principal
from dutchbook.storage.roles import Role

BEAT_S = 1.0
"""Something is sent at least so often: who hears nothing for two seconds knows that the line is dead."""
MOST = 50
"""Streams at a time."""


class Pictures:
    """Makes each picture's JSON once, however many listen."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._made: tuple[int, bytes] = (-1, b"")
        self.listeners = 0

    def newest(self) -> bytes:
        """The picture of now, as JSON."""
        version = self._context.link.version
        if self._made[0] != version:
            self._made = (version, msgspec.json.encode(shown(snapshot_view(self._context))))
        return self._made[1]

    async def follow(self, who: Principal) -> AsyncIterator[bytes | None]:
        """Each new picture, and None where nothing is new; ends once `who` may not look any more."""
        self.listeners += 1
        try:
            yield self.newest()
            while self._may(who):
                seen = self._context.link.version
                yield self.newest() if await self._changed(seen) else None
        finally:
            self.listeners -= 1

    async def _changed(self, seen: int) -> bool:
        try:
            async with asyncio.timeout(BEAT_S):
                async for version in self._context.link.updates():
                    if version != seen:
                        return True
        except TimeoutError:
            return False
        return False

    def _may(self, who: Principal) -> bool:
        """A session may end, and a user be removed, while somebody listens."""
        if who.how is not How.SESSION or self._context.door.open_reading:
            return True
        return self._context.doorman.by_session(who.number, None).may(Role.VIEWER)


def add_streams(app: FastAPI, context: AppContext) -> None:
    """`/api/v1/stream` and `/api/v1/ws`."""
    pictures = Pictures(context)

    @app.get(
        f"{PREFIX}/stream",
        tags=["desk"],
        operation_id="stream",
        response_class=StreamingResponse,
        dependencies=[],
        openapi_extra={ROLE: str(Role.VIEWER)},
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    )
    async def stream(request: Request) -> StreamingResponse:
        """Server-sent events: `snapshot` with what /api/v1/snapshot gives, a comment each second where nothing is."""
        needing(Role.VIEWER)(request)
        who = principal_of(request.scope)
        if pictures.listeners >= MOST:
            return StreamingResponse(iter(()), 503)
        return StreamingResponse(_events(pictures, who), media_type="text/event-stream")

    @app.websocket(f"{PREFIX}/ws")
    async def socket(websocket: WebSocket) -> None:
        who = principal_of(websocket.scope)
        if not who.may(Role.VIEWER) or pictures.listeners >= MOST:
            await websocket.close(1008)
            return
        await websocket.accept()
        async with asyncio.TaskGroup() as group:
            listening = group.create_task(_until_gone(websocket))
            sending = group.create_task(_send(websocket, pictures, who))
            await asyncio.wait((listening, sending), return_when=asyncio.FIRST_COMPLETED)
            listening.cancel()
            sending.cancel()


async def _events(pictures: Pictures, who: Principal) -> AsyncIterator[bytes]:
    async for picture in pictures.follow(who):
        yield b":\n\n" if picture is None else b"event: snapshot\ndata: " + picture + b"\n\n"


async def _send(websocket: WebSocket, pictures: Pictures, who: Principal) -> None:
    try:
        async for picture in pictures.follow(who):
            await websocket.send_text("{}" if picture is None else picture.decode())
        await websocket.close(1008)
    except (WebSocketDisconnect, RuntimeError):
        return  # It hung up between two pictures.


async def _until_gone(websocket: WebSocket) -> None:
    """Nothing that is sent here is listened to."""
    try:
        while True:
            await websocket.receive_text()
    except (WebSocketDisconnect, KeyError, RuntimeError):
        return
