"""One bundle: what a set costs against what it pays, and how deep each of its legs is."""

from dutchbook.app.control.wire import ShowBundle
from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import Nanos
from dutchbook.evaluation.desk_rows import BundleDetail
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Anchor, Box, Facts, Words, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.ladders import Ladder
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.words import NOBODY, price, ratio, span

_PROMISES = {
    "buy_both": "YES and NO of one market: one of them pays a dollar.",
    "split_sell": "A dollar split into YES and NO, both sold.",
    "all_yes": "Every YES of a question of which one must come true.",
    "all_no": "Every NO of a question of which at most one comes true.",
    "ladder": "A wider claim bought, and the NO of a narrower one that implies it.",
    "cross_venue": "One question at two venues: YES here, NO there.",
}


def show(screens: Screens, bundle: str) -> None:
    """Draw the page."""
    with frame(screens, "/markets", "Bundle") as page:
        title = Words("h2", "", "page-title")
        with Box("div", "grid"):
            _detail(page, bundle, title)


def _detail(page: Page, bundle: str, title: Words) -> None:
    with panel("A set", span=4, classes="fill") as made:
        page.aged(made)
        facts = Facts("Kind", "Costs", "Pays", "Cost / payoff", "Standing", "Pays out", "Last declined", "Legs", "Id")
        promise = Words("p", "", "hint")
    with panel("Depth of its legs", span=8, classes="fill") as deep:
        page.aged(deep)
        deep.note.show("what each leg would trade with, best in front")
        legs = Box("div", "legs")
    drawn: list[tuple[Words, Ladder]] = []

    async def look() -> None:
        try:
            found = (await page.screens.ask(ShowBundle(bundle))).bundle
        except UsageError as error:
            title.show(bundle)
            made.note.show(str(error), "bad")
            return
        if found is None:
            return
        title.show(found.title)
        promise.show(_PROMISES.get(found.kind, ""))
        _show_facts(facts, found, page)
        if not drawn:
            drawn.extend(_legs(legs, found))
        for (top, ladder), leg in zip(drawn, found.legs, strict=True):
            top.show(f"{str(leg.side).capitalize()} at {price(leg.top)}")
            ladder.show_leg(leg)

    page.each_second(look)


def _legs(box: Box, found: BundleDetail) -> list[tuple[Words, Ladder]]:
    made = []
    with box:
        for leg in found.legs:
            with Box("div", "leg"):
                Anchor(f"{leg.label}: {leg.title}", shown.market_path(leg.market), "wrap")
                made.append((Words("span", "", "strong"), Ladder(f"Levels of {leg.label} {leg.title}")))
    return made


def _show_facts(facts: Facts, found: BundleDetail, page: Page) -> None:
    now = page.screens.snapshot
    kind = shown.KINDS[found.kind]
    facts.show("Kind", kind)
    facts.show("Costs", f"{price(found.cost)} before fees")
    facts.show("Pays", f"at least {price(found.payoff)}")
    tone = {"under": "good", "near": "warn"}.get(found.standing, "")
    facts.show("Cost / payoff", ratio(found.ratio), tone)
    facts.show("Standing", {"under": "below its payoff", "near": "near miss"}.get(found.standing, found.standing), tone)
    left = None if found.releases is None or now is None else Nanos(max(0, found.releases - now.at))
    facts.show("Pays out", "at once" if found.releases is None else f"in {span(left)}")
    facts.show("Last declined", found.declined or NOBODY)
    facts.show("Legs", str(len(found.legs)))
    facts.show("Id", found.bundle)
