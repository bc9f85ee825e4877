"""How the CLOB says no: a status, a body `{"error": text}`, and the texts that clients match on (section 2.3)."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

UNAUTHORISED = "Unauthorized/Invalid api key"
BAD_LOGIN = "Invalid L1 Request headers"
BAD_PAYLOAD = "Invalid order payload"
WRONG_OWNER = "the order owner has to be the owner of the API KEY"
WRONG_SIGNER = "the order signer address has to be the address of the API KEY"
BAD_SIGNATURE = "invalid signature"
OLD_VERSION = "order_version_mismatch"
CROSSES = "invalid post-only order: order crosses book"
FOK_KILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."
FAK_KILLED = "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
BAD_EXPIRATION = "invalid expiration"
NOT_READY = "the market is not yet ready to process new orders"
NO_FUNDS = "not enough balance / allowance"
NO_OUTCOME = "Invalid token id"
NO_BOOK = "No orderbook exists for the requested token id"
NO_MARKET = "market not found"
TOO_LARGE = "Payload exceeds the limit"
RESTARTING = "service not ready"
DISABLED = "Trading is currently disabled. Check polymarket.com for updates"
CANCEL_ONLY = "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
POST_ONLY = "post-only mode: only post-only orders and cancels are allowed"
TOO_MANY_REQUESTS = "Too Many Requests"
ALREADY_MATCHED = "matched orders can't be canceled"
GONE = "Order not found or already canceled"
DELAYED = "order match delayed due to market conditions"


class Problem(Exception):
    """A request that gets an error for an answer. Nothing was changed."""

    def __init__(
        self,
        status: int,
        text: str,
        *,
        more: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.more = more or {}
        self.headers = headers or {}

    def response(self) -> web.Response:
        """`{"error": text}` with what else belongs to it."""
        return answer({"error": self.text, **self.more}, self.status, self.headers)


def answer(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """A JSON answer in the order in which `body` was built."""
    return web.Response(
        body=msgspec.json.encode(body), status=status, headers=headers, content_type="application/json", charset="utf-8"
    )
