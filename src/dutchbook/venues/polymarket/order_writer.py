"""Signs orders and writes their bodies: at once, or as much of that as is wanted ahead, for legs that are watched."""

from dutchbook.venues.polymarket.order_body import Outline, order_body, order_outline
from dutchbook.venues.polymarket.order_signing import MOST_AHEAD, PolymarketSigner
from dutchbook.venues.trading import Prepared


class OrderWriter:
    """Writes the bodies of one account's orders. Signing costs some 25 microseconds, unless it was done ahead."""

    def __init__(self, signer: PolymarketSigner, owner: str, *, sign_ahead: bool = True) -> None:
        """`owner` is the id of the API key that places the orders.

        Without `sign_ahead` no signature is made before its order leaves; all else of it is.
        """
        self._signer = signer
        self._owner = owner
        self._sign_ahead = sign_ahead
        self._ahead: dict[bytes, bytes | Outline] = {}

    def body(self, prepared: Prepared) -> bytes:
        """The signed body of an order. Raises OrderDenied, signing nothing, if the signer's caps do not allow it."""
        ahead = self._ahead.pop(prepared.content, None)
        if ahead is None:
            return order_body(prepared.content, self._signer.sign(prepared), self._owner)
        return ahead if isinstance(ahead, bytes) else ahead.signed(self._signer.sign_content(prepared.content))

    def signed_ahead(self, content: bytes) -> bytes | None:
        """The body that `ahead` wrote and signed, if it did; it stays there."""
        ahead = self._ahead.get(content)
        return ahead if isinstance(ahead, bytes) else None

    def ahead(self, content: bytes) -> None:
        """Write what `PolymarketDrafter.draft_ahead` drafted, signed if that is wanted, unless that was done before.

        Raises OrderDenied as `body` does. Of too many that nobody wanted, the oldest go.
        """
        if content in self._ahead:
            return
        if self._sign_ahead:
            self._ahead[content] = order_body(content, self._signer.sign_content(content), self._owner)
        else:
            self._signer.check_ahead(content)
            self._ahead[content] = order_outline(content, self._owner)
        if len(self._ahead) > MOST_AHEAD:
            del self._ahead[next(iter(self._ahead))]

    def forget_ahead(self) -> None:
        """Nothing that was written ahead is wanted any more."""
        self._ahead.clear()
        self._signer.forget_ahead()
