"""What the living market's own traders do when a market is paid: Polymarket's tokens are turned into dollars."""

from collections.abc import Iterable

from dutchbook.exchange.living.market import LiveMarket
from dutchbook.exchange.living.wallet import Wallet


def redeem_all(market: LiveMarket, wallets: Iterable[Wallet]) -> None:
    """Redeem for everybody who holds something of a decided market."""
    for wallet in wallets:
        if wallet.account.held(market.yes) or wallet.account.held(market.no):
            market.exchange.redeem(wallet.id, market.id)
