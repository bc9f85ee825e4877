"""The two names of an order at Kalshi: the client's, which we give, and the venue's, which comes with its answers."""


class OrderNames:
    """Which is which, as far as answers told. The venue's name never changes hands."""

    def __init__(self) -> None:
        self._venue: dict[str, str] = {}
        self._client: dict[str, str] = {}

    def learn(self, order_id: str, client_id: str) -> bool:
        """Both names of one order; whether that is new. An order without a client's name goes by the venue's."""
        client = client_id or order_id
        if order_id in self._client:
            return False
        self._client[order_id] = client
        self._venue.setdefault(client, order_id)
        return True

    def order_id(self, client_id: str) -> str | None:
        """The venue's name."""
        return self._venue.get(client_id)

    def client_id(self, order_id: str) -> str | None:
        """The client's name."""
        return self._client.get(order_id)
