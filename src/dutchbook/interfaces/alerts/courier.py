"""Carries alerts over one channel: what is due, one after the other, and what became of each into the book."""

import asyncio
from collections.abc import Callable

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.ports import Clock
from dutchbook.interfaces.alerts.center import AlertCenter
from dutchbook.interfaces.alerts.channels import Channel, DeliveryFailed, message_of

_LOOK_S, _TROUBLE_S = 0.5, 30.0


class Courier:
    """One for each channel, so that one that hangs keeps no other waiting."""

    def __init__(
        self, center: AlertCenter, channel: Channel, clock: Clock, say: Callable[[str, dict[str, object]], None]
    ) -> None:
        self._center = center
        self._channel = channel
        self._clock = clock
        self._say = say

    @property
    def waiting(self) -> bool:
        """Whether there is something to send now."""
        return bool(self._center.due(self._channel.name.name, self._clock.now()))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.round()
            except DutchbookError as error:  # the book cannot be written: what was sent may be sent again
                self._say("failed", {"reason": str(error)})
                await asyncio.sleep(_TROUBLE_S)
            await asyncio.sleep(_LOOK_S)

    async def round(self) -> int:
        """Send what is due now; how many messages were taken. A failure ends the round: the rest waits for the next."""
        taken = 0
        for sending in self._center.due(self._channel.name.name, self._clock.now()):
            message = message_of(sending.alert, silent=sending.silent, again=sending.again)
            try:
                await self._channel.send(message)
            except DeliveryFailed as error:
                self._center.went(sending, self._clock.now(), str(error))
                self._say("not_delivered", {"alert": sending.alert.raised.id, "reason": str(error)})
                return taken
            self._center.went(sending, self._clock.now())
            taken += 1
        return taken
