"""Signs orders and writes their bodies: at once, or ahead for legs that are watched."""

from dutchbook.venues.polymarket.order_body import order_body
from dutchbook.venues.polymarket.order_signing import MOST_AHEAD, PolymarketSigner
from dutchbook.venues.trading import Prepared


class OrderWriter:
    """Writes the bodies of one account's orders. Signing costs some 25 microseconds, unless it was done ahead."""

    def __init__(self, signer: PolymarketSigner, owner: str) -> None:
        """`owner` is the id of the API key that places the orders."""
        self._signer = signer
        self._owner = owner
        self._ahead: dict[bytes, bytes] = {}

    def body(self, prepared: Prepared) -> bytes:
        """The signed body of an order. Raises OrderDenied, signing nothing, if the signer's caps do not allow it."""
        body = self._ahead.pop(prepared.content, None)
        if body is not None:
            return body
        return order_body(prepared.content, self._signer.sign(prepared), self._owner)

    def ahead(self, content: bytes) -> None:
        """Sign and write what `PolymarketDrafter.draft_ahead` drafted, unless that was done before.

        Raises OrderDenied as `body` does. Of too many that nobody wanted, the oldest go.
        """
        if content in self._ahead:
            return
        self._ahead[content] = order_body(content, self._signer.sign_content(content), self._owner)
        if len(self._ahead) > MOST_AHEAD:
            del self._ahead[next(iter(self._ahead))]

    def forget_ahead(self) -> None:
        """Nothing that was signed ahead is wanted any more."""
        self._ahead.clear()
