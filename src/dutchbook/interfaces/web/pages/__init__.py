"""The pages of the dashboard: what is drawn in a browser of a desk at work and of its history."""

from collections.abc import Callable, Mapping

from nicegui import app, background_tasks, ui

from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.pages import (
    bundle,
    decisions,
    evaluation,
    handbook,
    market,
    markets,
    order,
    order_history,
    orders,
    overview,
    risk,
    strategies,
)
from dutchbook.interfaces.web.pages.reports import add_reports
from dutchbook.interfaces.web.pages.screens import STATIC, STATIC_PATH, Screens
from dutchbook.interfaces.web.pages.system import alerts, audit, database, health, journals, logs, settings

_PLAIN: Mapping[str, Callable[[Screens], None]] = {
    "/": overview.show,
    "/markets": markets.show,
    "/decisions": decisions.show,
    "/strategies": strategies.show,
    "/risk": risk.show,
    "/evaluation": evaluation.show,
    "/handbook": handbook.show,
    "/system": health.show,
    "/system/journals": journals.show,
    "/system/settings": settings.show,
    "/system/alerts": alerts.show,
    "/system/logs": logs.show,
    "/system/audit": audit.show,
    "/system/database": database.show,
    "/orders": orders.show,
    "/orders/history": order_history.show_orders,
    "/orders/fills": order_history.show_fills,
    "/orders/closed": order_history.show_closed,
}
"""Pages without anything in their address."""


def register(context: AppContext) -> None:
    """Make all pages of one home's screens."""
    screens = Screens(context)
    app.add_static_files(STATIC_PATH, STATIC)
    app.on_startup(lambda: background_tasks.create(screens.follow(), name="equity of the desk"))

    add_reports(screens)
    for path, show in _PLAIN.items():
        ui.page(path)(_drawn(show, screens))

    # Ids of venues contain slashes and colons, hence `path`.
    @ui.page("/market/{name:path}")
    def _market(name: str) -> None:
        market.show(screens, name)

    @ui.page("/bundle/{name:path}")
    def _bundle(name: str) -> None:
        bundle.show(screens, name)

    @ui.page("/handbook/{name}")
    def _handbook(name: str) -> None:
        handbook.show(screens, name)

    @ui.page("/order/{name:path}")
    def _order(name: str) -> None:
        order.show(screens, name)


def _drawn(show: Callable[[Screens], None], screens: Screens) -> Callable[[], None]:
    def drawn() -> None:
        show(screens)

    return drawn
