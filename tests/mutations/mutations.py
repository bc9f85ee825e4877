"""Bugs that somebody might write, one at a time, each with the cheapest tests that must notice it."""

import msgspec

EXECUTION = "src/dutchbook/execution/"
ENGINE = "src/dutchbook/engine/"
POLYMARKET = "src/dutchbook/venues/polymarket/"
KALSHI = "src/dutchbook/venues/kalshi/"


class Mutation(msgspec.Struct, frozen=True):
    """`old` stands once in `file`; with `new` in its place `tests` must fail."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "an order without an answer is sent again",
        EXECUTION + "executor.py",
        '            why = "no answer in time: reconcile"\n',
        '            why = "no answer in time: reconcile"\n            draft.orders.append(order)\n',
        ("tests/execution/test_silence.py",),
    ),
    Mutation(
        "an order leaves before its line is in the journal",
        ENGINE + "outflow.py",
        '        place = self._append("order", order, cause)\n',
        "        if denied is None and market is not None:\n"
        "            self._gateway.submit(order, market, self._desk.now)\n"
        "            self._gateway.depart(self._desk.now)\n"
        '        place = self._append("order", order, cause)\n',
        ("tests/app/test_on_record_before_it_leaves.py",),
    ),
    Mutation(
        "an order leaves while its line waits to be written",
        ENGINE + "outflow.py",
        "        lines = [self._name(order, cause) for order in orders]\n        self._write_out()\n",
        "        lines = [self._name(order, cause) for order in orders]\n",
        ("tests/app/test_on_record_before_it_leaves.py",),
    ),
    Mutation(
        "a number of a book's messages that was told before counts as the next",
        KALSHI + "sequence.py",
        "seq == last + 1",
        "seq >= last + 1",
        ("tests/venues/kalshi",),
    ),
    Mutation(
        "the time of an order is read from the clock on the wall",
        POLYMARKET + "order_signing.py",
        "self._content(order.leg, market, now, ",
        "self._content(order.leg, market, type(now)(__import__('time').time_ns()), ",
        ("tests/venues/polymarket/trading",),
    ),
    Mutation(
        "a fill that is told twice is booked twice",
        EXECUTION + "orders.py",
        "        if fill.id and (key in self._fills or key in self._reversed):\n            return False\n",
        "        if key in self._reversed:\n            return False\n",
        ("tests/execution/test_settlement.py", "tests/execution/test_order_outcomes.py"),
    ),
    Mutation(
        "dollars of an order are a product of floats",
        POLYMARKET + "amounts.py",
        "    money = price * shares // ONE\n",
        "    money = int((price / ONE) * (shares / 1_000_000) * 1_000_000)\n",
        ("tests/venues/polymarket/trading",),
    ),
    Mutation(
        "what an approved intent may cost is counted once its orders are sent",
        ENGINE + "desk.py",
        "        self.exposure.reserve(approved.intent)\n        step = self.execution.start(approved, self.now)\n",
        "        step = self.execution.start(approved, self.now)\n",
        ("tests/app/test_between_approval_and_sending.py",),
    ),
    Mutation(
        "an unknown order is dead after one question",
        EXECUTION + "unknown_orders.py",
        "        return len(doubt.missed) >= ANSWERS_NEEDED and spread >= max(self._spread, 2 * slowest)\n",
        "        return len(doubt.missed) >= 1 or spread > slowest\n",
        ("tests/execution/test_unknown_orders.py",),
    ),
    Mutation(
        "cancels wait behind orders",
        "src/dutchbook/venues/order_line.py",
        "((self._urgent, True), (self._ordinary, False))",
        "((self._ordinary, False), (self._urgent, True))",
        ("tests/venues/test_order_line.py",),
    ),
    Mutation(
        "a fill that may be taken back counts as settled",
        EXECUTION + "orders.py",
        "        return Size(self._unsettled.get(outcome, 0))\n",
        "        return Size(0 * self._unsettled.get(outcome, 0))\n",
        ("tests/execution/test_settlement.py", "tests/engine"),
    ),
    Mutation(
        "a settlement that failed takes nothing back",
        EXECUTION + "orders.py",
        "        return Change(before, after, undone=fill, incident=why)\n",
        "        return Change(before, after, incident=why)\n",
        ("tests/execution/test_settlement.py",),
    ),
    Mutation(
        "a restart forgets which orders were unknown",
        EXECUTION + "executor.py",
        "                self.unknown.begin(order, now, draft)\n            else:\n                draft.queries",
        "                pass\n            else:\n                draft.queries",
        ("tests/execution/test_restart.py", "tests/execution/test_order_plans.py", "tests/execution"),
    ),
    Mutation(
        "answers to a batch are given to the wrong orders",
        POLYMARKET + "order_answers.py",
        "    verdicts = tuple(_element(answer, id_) for answer, id_ in zip(answers, ids, strict=True))\n",
        "    verdicts = tuple(_element(answer, answer.orderID or ids[0]) for answer in answers[::-1])\n",
        ("tests/venues/polymarket/broker",),
    ),
    Mutation(
        "a venue that takes post-only orders alone is sent any",
        EXECUTION + "venue_states.py",
        "said.state is VenueState.POST_ONLY and leg.post_only",
        "said.state is VenueState.POST_ONLY",
        ("tests/execution",),
    ),
    Mutation(
        "two orders have one salt",
        POLYMARKET + "order_signing.py",
        "self._salt(order.id.encode())",
        "self._salt(order.leg.outcome.encode())",
        ("tests/venues/polymarket/trading",),
    ),
    Mutation(
        "an unknown order counts nothing against the limits",
        "src/dutchbook/portfolio/exposure.py",
        "            if order.leg.side is Side.BUY:\n                cost",
        '            if order.leg.side is Side.BUY and order.status.value != "unknown":\n                cost',
        ("tests/portfolio/test_exposure.py", "tests/risk"),
    ),
    Mutation(
        "orders rest without the heartbeat that would end them",
        EXECUTION + "gateway.py",
        "            broker.guard(on=True)\n",
        "            broker.guard(on=False)\n",
        ("tests/execution", "tests/venues/polymarket/broker"),
    ),
    Mutation(
        "all orders of an intent have one name at Kalshi",
        KALSHI + "drafting.py",
        "                order.id.encode(),\n",
        "                order.intent.encode(),\n",
        ("tests/venues/kalshi/trading",),
    ),
    Mutation(
        "a statement corrects a market in which an order is on its way",
        EXECUTION + "reconciliation.py",
        "_IN_DOUBT = frozenset({OrderStatus.SENDING, OrderStatus.UNKNOWN})",
        "_IN_DOUBT = frozenset({OrderStatus.UNKNOWN})",
        ("tests/execution/test_in_flight.py",),
    ),
    Mutation(
        "a halt counts between turns alone",
        ENGINE + "outflow.py",
        "            if line.market is None or line.denied is not None or self._switch.refuses():\n",
        "            if line.market is None or line.denied is not None:\n",
        ("tests/app/test_between_approval_and_sending.py",),
    ),
    Mutation(
        "an order taken for dead that trades after all halts nothing",
        EXECUTION + "orders.py",
        "    if before.status not in _WRONGLY_OVER or report not in _ALIVE:\n",
        "    if before.status is not None:\n",
        ("tests/execution/test_unknown_orders.py", "tests/execution/test_order_outcomes.py", "tests/execution"),
    ),
    Mutation(
        "a statement from before a fill takes it back",
        EXECUTION + "reconciliation.py",
        "if at >= event.asked}",
        "if at > event.asked + 10**18}",
        ("tests/execution/test_reconciliation.py",),
    ),
)
