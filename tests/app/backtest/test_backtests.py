"""A backtest is a desk at work: repeatable, exact to the last micro-dollar, and honest under faults."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from dutchbook.app.backtest.backtest import Wanted, backtest
from dutchbook.app.backtest.contenders import BASELINES, plan_of
from dutchbook.app.backtest.stage import ACCOUNT, START, Stage
from dutchbook.config.documents import document_of, read_document
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import ConfigError, UsageError
from dutchbook.domain.events import CancelOrdered, Event, FrameRef, PauseOrdered, RewardsStated
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import DOLLAR, SECOND, Nanos
from dutchbook.domain.wishes import Wish
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.exchange.matching.messages import ExchangeEvent, FundsMoved
from dutchbook.storage.journal import Journal
from dutchbook.strategies.baselines.at_the_middle import AtTheMiddle
from dutchbook.strategies.ports import DeskView
from tests.app.backtest.rig import STILL, VILLAGE, after, gambling, spec_of, stage_of

REWARDED = STILL + b"    rewards: {max_spread: 0.045, min_size: 20, daily: 100}\n"
TROUBLE = document_of(
    b"""\
seed: 4
faults:
  - {name: lost requests, fault: timeout_before_accept, path: "*order*", chance: 6%}
  - {name: lost answers, fault: timeout_after_accept, path: "*order*", chance: 6%}
  - {name: busy, fault: http_status, status: 429, chance: 4%}
  - {name: broken, fault: http_status, status: 500, method: POST, chance: 4%}
  - {name: slow, fault: slow_answer, delay: 2s, jitter: 5s, chance: 5%}
  - {name: lost frames, fault: drop, chance: 2%}
  - {name: late frames, fault: delay, delay: 3s, chance: 2%}
  - {name: failing, fault: failed_settlement, chance: 15%}
  - {name: restart, fault: restart, after: 10m, every: 20m, down: 60s, post_only: 30s}
""",
    "trouble.yaml",
    FaultPlan,
)


def end(stage: Stage) -> None:
    """Nothing more is begun, what rests is cancelled, and everything on its way arrives."""
    loop = stage.parts.loop
    loop.dispatch(PauseOrdered("a test", loop.desk.now), loop_ref(stage))
    loop.dispatch(CancelOrdered("a test", loop.desk.now), loop_ref(stage))
    stage.live(Nanos(loop.desk.now + 300 * SECOND))


def loop_ref(stage: Stage) -> FrameRef:
    """Some cause."""
    return FrameRef(0, stage.told)


@pytest.mark.parametrize("plan", [FaultPlan(), TROUBLE], ids=["quiet", "faults"])
def test_the_same_seed_gives_the_same_journal(journals: Callable[[], Journal], plan: FaultPlan) -> None:
    heads = []
    for _ in range(2):
        journal = journals()
        stage = stage_of(journal, builds=gambling(), plan=plan)
        stage.live(after(900))
        assert stage.parts.loop.counters.orders > 50
        heads.append(journal.head)
    assert heads[0] == heads[1]


def test_another_seed_gives_another(journals: Callable[[], Journal]) -> None:
    heads = set()
    for seed in (1, 2):
        journal = journals()
        stage_of(journal, seed=seed, builds=gambling()).live(after(120))
        heads.add(journal.head)
    assert len(heads) == 2


@pytest.mark.parametrize("plan", [FaultPlan(), TROUBLE], ids=["quiet", "faults"])
def test_in_the_end_the_books_of_the_desk_are_those_of_its_accounts(
    journals: Callable[[], Journal], plan: FaultPlan
) -> None:
    stage = stage_of(journals(), builds=gambling(), plan=plan)
    stage.live(after(1_800))
    assert stage.parts.loop.counters.fills > 50
    end(stage)
    desk = stage.parts.desk
    assert not desk.execution.orders.working()
    for venue, exchange in stage.venues.items():
        account = exchange.accounts[ACCOUNT]
        # The ledger rounds each fill against us, by less than a micro-dollar.
        less = sum(account.balances.values()) - desk.cash_at(venue)
        assert 0 <= less <= stage.parts.loop.counters.fills, venue
        held = {o: each.size for o, each in desk.positions().items() if exchange.market_of(o) is not None}
        assert held == dict(account.holdings), venue


def test_without_faults_nothing_ever_has_to_be_adopted(journals: Callable[[], Journal]) -> None:
    journal = journals()
    stage = stage_of(journal, builds=gambling())
    stage.live(after(1_800))
    end(stage)
    lines = b"".join(path.read_bytes() for path in sorted(journal.folder.glob("*.jsonl")))
    assert lines.count(b'"kind":"fill"') > 50
    assert b'"kind":"difference"' not in lines


def test_under_faults_orders_end_in_a_known_state(journals: Callable[[], Journal]) -> None:
    stage = stage_of(journals(), builds=gambling(), plan=TROUBLE)
    stage.live(after(2_400))
    struck = {fault.name for fault in stage.switchboard.status() if fault.struck}
    assert struck >= {"lost requests", "lost answers", "busy", "broken", "slow", "lost frames", "late frames"}
    end(stage)
    states = Counter(order.status for order in stage.parts.desk.execution.orders)
    assert set(states) <= {state for state in OrderStatus if state.final}
    assert states[OrderStatus.DEAD], "no lost request was proven absent"


@pytest.mark.parametrize("plan", [FaultPlan(), TROUBLE], ids=["quiet", "faults"])
def test_the_parts_of_the_result_add_up_to_the_change_of_equity(
    journals: Callable[[], Journal], plan: FaultPlan
) -> None:
    stage = stage_of(journals(), builds=gambling(), plan=plan)
    stage.live(after(3_000))
    for venue, score in stage.scores.items():
        parts = score.book.total()
        fills = score.book.maker_fills + score.book.taker_fills
        assert fills > 20
        change = score.equity() - stage.cash[venue]
        assert abs(parts.net - change) <= 2 * fills + 10, "rounding alone may differ: a micro-dollar or two a fill"


def test_rewards_are_what_the_exchange_pays(journals: Callable[[], Journal]) -> None:
    stage = stage_of(journals(), text=REWARDED, builds=lambda parts: (AtTheMiddle(parts.desk),))
    paid: list[int] = []

    def heard(event: ExchangeEvent) -> None:
        if isinstance(event, FundsMoved) and event.account == ACCOUNT and event.why == "reward":
            paid.append(event.cash)

    stage.venues[Venue.POLYMARKET].listen(heard, FundsMoved)
    stage.live(after(24 * 3_600 + 1))
    assert paid == [100 * DOLLAR], "nobody else quotes within the band"
    assert stage.scores[Venue.POLYMARKET].book.total().rewards == 100 * DOLLAR


def test_a_day_that_is_not_over_counts_as_far_as_it_is(journals: Callable[[], Journal]) -> None:
    stage = stage_of(journals(), text=REWARDED, builds=lambda parts: (AtTheMiddle(parts.desk),))
    stage.live(after(6 * 3_600))
    score = stage.scores[Venue.POLYMARKET]
    assert score.owed(after(6 * 3_600)) == 25 * DOLLAR
    assert score.book.total().rewards == 25 * DOLLAR


def test_the_venue_states_what_quotes_earn(journals: Callable[[], Journal]) -> None:
    heard: list[RewardsStated] = []

    class Listener(AtTheMiddle):
        def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
            if isinstance(event, RewardsStated):
                heard.append(event)
            return super().on_event(event, desk)

    stage = stage_of(journals(), text=REWARDED, builds=lambda parts: (Listener(parts.desk),))
    stage.live(after(24 * 3_600 + 90))
    early, late = heard[5], heard[-1]
    assert [(each.share_ppm, each.earned) for each in early.markets] == [(1_000_000, 0)]
    assert [order.scores for order in early.orders] == [True, True]
    assert [each.earned for each in late.markets] == [100 * DOLLAR]
    assert late.day == START
    assert len(heard) == 24 * 60 + 1


def test_the_plan_that_is_built_in_strikes_and_leaves_the_books_right() -> None:
    wanted = Wanted(
        strategy="at-the-middle",
        spec=spec_of(VILLAGE),
        seed=2,
        lasts=Nanos(4 * 3_600 * SECOND),
        plan=plan_of("trouble"),
    )
    report = backtest(wanted, shipped_settings())
    assert report.fills > 10
    assert report.unknown == 0
    assert report.self_trades == 0
    assert abs(report.difference) < 1_000


def test_a_strategy_that_does_not_exist_is_refused_with_all_that_do() -> None:
    wanted = Wanted(strategy="luck", spec=spec_of(VILLAGE), seed=1, lasts=Nanos(SECOND))
    with pytest.raises(UsageError, match=r"no strategy is called 'luck' - there are: bundle, .*nothing"):
        backtest(wanted, shipped_settings())


@pytest.mark.parametrize("strategy", ["bundle", "reward-maker", *BASELINES])
def test_every_contender_runs_and_reports(strategy: str) -> None:
    wanted = Wanted(strategy=strategy, spec=spec_of(VILLAGE), seed=1, lasts=Nanos(600 * SECOND))
    document = backtest(wanted, shipped_settings()).as_json()
    assert abs(float(str(document["ledger_difference"]))) < 0.001
    assert document["self_trades"] == 0
    assert float(str(document["times_real_time"])) > 1
    if strategy in ("nothing", "bundle"):
        assert {document[name] for name in ("rewards", "spread", "hedging", "max_exposure_breach")} == {"0.00"}


def test_a_scenario_with_a_mistake_is_refused_with_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(VILLAGE.replace(b"chance: 45%", b"chanse: 45%"))
    with pytest.raises(ConfigError, match=r"mine\.yaml:19 questions\.0\.chanse: unknown key, did you mean chance\?"):
        read_document(path, ScenarioSpec)
