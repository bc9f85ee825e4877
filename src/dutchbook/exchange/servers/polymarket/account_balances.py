"""`/balance-allowance`: what the venue believes of a wallet, which is a cache of the chain (sections 2.2 and 3.2)."""

from collections.abc import Mapping

import msgspec
from aiohttp import web

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import ExchangeEvent, Matched, SettlementMoved
from dutchbook.exchange.servers.polymarket.auth import ApiKey, PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_errors import NO_OUTCOME, Problem, answer
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.contracts import (
    EXCHANGE_V3,
    NEG_RISK_ADAPTER,
    NEG_RISK_EXCHANGE,
    STANDARD_EXCHANGE,
)
from dutchbook.exchange.servers.polymarket.wallets import SignatureType

_UNLIMITED = str((1 << 256) - 1)
_CTF_SPENDERS = (STANDARD_EXCHANGE, NEG_RISK_EXCHANGE, NEG_RISK_ADAPTER)
_SPENDERS: Mapping[str, tuple[str, ...]] = {
    "COLLATERAL": (*_CTF_SPENDERS, EXCHANGE_V3),
    "CONDITIONAL": _CTF_SPENDERS,
    "CONDITIONAL-V2": (EXCHANGE_V3,),
}


class _View(msgspec.Struct, frozen=True):
    read: Nanos
    body: dict[str, object]


class Balances:
    """Remembers what it read. Trades of a wallet renew its views; deposits and token operations do not."""

    def __init__(self, exchange: Exchange, auth: PolymarketAuth, clock: Clock, options: ClobOptions) -> None:
        self._exchange = exchange
        self._auth = auth
        self._clock = clock
        self._options = options
        self._views: dict[str, dict[tuple[str, str], _View]] = {}
        exchange.listen(self._heard, Matched, SettlementMoved)

    def balance(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /balance-allowance`."""
        account, what = self._asked(request, key)
        views = self._views.setdefault(account, {})
        view = views.get(what)
        now = self._clock.now()
        if view is None or now - view.read >= self._options.balance_cache:
            view = views[what] = _View(now, self._read(account, *what))
        return answer(view.body)

    def update(self, request: web.Request, key: ApiKey, _body: bytes) -> web.Response:
        """`GET /balance-allowance/update`: read again."""
        account, what = self._asked(request, key)
        view = _View(self._clock.now(), self._read(account, *what))
        self._views.setdefault(account, {})[what] = view
        return answer(view.body)

    def _asked(self, request: web.Request, key: ApiKey) -> tuple[str, tuple[str, str]]:
        query = request.query
        kind, token = query.get("asset_type", ""), query.get("token_id", "")
        if kind not in _SPENDERS:
            raise Problem(400, "Invalid asset type")
        if kind == "COLLATERAL":
            token = ""
        elif self._exchange.market_of(OutcomeId(token)) is None:
            raise Problem(400, NO_OUTCOME)
        return self._wallet(query.get("signature_type", ""), key), (kind, token)

    def _wallet(self, signature_type: str, key: ApiKey) -> str:
        """The wallet that a signature type means; without one, that from which the key's owner trades."""
        if signature_type in ("", "-1"):
            return self._auth.primary(key.address)
        if signature_type not in ("0", "1", "2", "3"):
            raise Problem(400, "Invalid signature type")
        return self._auth.wallets.of_kind(key.address, SignatureType(int(signature_type)), self._exchange.accounts)

    def _read(self, wallet: str, kind: str, token: str) -> dict[str, object]:
        account = self._exchange.accounts.get(wallet)
        balance, allowance = 0, "0"
        if account is not None and kind == "COLLATERAL":
            balance = account.cash()
            allowance = _UNLIMITED if account.allowance is None else str(account.allowance)
        elif account is not None:
            balance = account.held(OutcomeId(token))
            allowance = _UNLIMITED if account.token_allowance else "0"
        return {"balance": str(balance), "allowances": dict.fromkeys(_SPENDERS[kind], allowance)}

    def _heard(self, event: ExchangeEvent) -> None:
        match event:
            case Matched():
                self._forget(event)
            case SettlementMoved(match=settled):
                self._forget(settled)
            case _:
                pass

    def _forget(self, match: Matched) -> None:
        if self._views:
            for order in (match.taker, *(pair.maker.order for pair in match.pairs)):
                self._views.pop(order.new.account, None)
