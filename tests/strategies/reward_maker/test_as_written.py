"""The baseline: the classic reward maker by its document, rescans of everything among it."""

from dutchbook.domain.book import Side
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.rewards import RewardOffer
from dutchbook.domain.units import CONTRACT
from dutchbook.strategies.baselines.as_written import AsWritten, documents_settings
from tests.strategies.reward_maker.books import cents, terms
from tests.strategies.reward_maker.rig import Rig

BIDS = [(0.46, 400), (0.45, 400), (0.44, 300), (0.43, 300), (0.42, 300)]
ASKS = [(0.48, 400), (0.49, 400), (0.50, 300), (0.51, 300), (0.52, 300)]
YES, NO = "a+", "a-"
RESCAN = 1_201


def written(*, quotes_again: bool) -> Rig:
    """It quotes one market."""
    rig = Rig("a")
    offers = [RewardOffer(terms=terms(market="a"))]
    rig.maker = AsWritten(rig, offers, quotes_again=quotes_again)  # type: ignore[assignment]
    rig.quote(BIDS, ASKS)
    rig.pass_time(6)
    return rig


def test_it_looks_at_books_each_half_second_and_not_before() -> None:
    rig = written(quotes_again=False)
    assert rig.prices() == {YES: cents(45), NO: cents(51)}
    rig.quote([(0.46, 400), (0.44, 700), *BIDS[3:]], ASKS)
    assert rig.prices()[YES] == cents(45)
    rig.pass_time(0.5)
    assert rig.prices()[YES] == cents(44)


def test_a_market_that_stays_chosen_is_quoted_for_one_interval_only() -> None:
    rig = written(quotes_again=False)
    rig.pass_time(RESCAN)
    assert rig.prices() == {}
    kind = written(quotes_again=True)
    before = {order.id for order in kind.resting}
    kind.pass_time(RESCAN)
    assert {order.id for order in kind.resting} == before


def test_a_rescan_takes_sales_down_and_offers_what_is_held_anew() -> None:
    rig = written(quotes_again=False)
    rig.fill(rig.one(Side.BUY, YES))
    rig.quote([(0.46, 1)], ASKS)
    rig.pass_time(1)
    old = rig.one(Side.SELL, YES)
    rig.pass_time(RESCAN)
    new = rig.one(Side.SELL, YES)
    assert rig.orders[old.id].status is OrderStatus.CANCELLED
    assert (new.id != old.id, new.leg.size) == (True, 20 * CONTRACT)


def test_what_the_document_does_not_have_is_off() -> None:
    settings = documents_settings()
    assert (settings.jump_threshold, settings.flow_threshold, settings.markout_after) == (0, 0, 0)
    assert (settings.one_sided_fills, settings.max_loss_per_question) == (0, None)
    assert settings.hedge_sell.patience == 0
