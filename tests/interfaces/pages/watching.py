"""What a browser says of a page: errors, requests to other hosts, names, contrast, and what is too wide."""

from playwright.sync_api import BrowserContext, Page, Request

PAGES = (
    "/", "/markets", "/orders", "/orders/history", "/orders/fills", "/orders/closed", "/decisions", "/strategies",
    "/risk", "/evaluation", "/system", "/system/journals", "/system/settings", "/system/alerts", "/system/logs",
    "/system/audit", "/system/database", "/handbook", "/handbook/orders",
)  # fmt: skip

LIVE = ".top .age:not(.old, .quiet)"
"""Stands in the heading once the desk's data is fresh."""

NAMELESS = """
() => [...document.querySelectorAll("a, button, input, select, textarea, summary, [role=button]")].filter((node) => {
  if (!node.checkVisibility()) return false;
  const label = node.labels && node.labels[0] ? node.labels[0].textContent : "";
  return !(node.textContent.trim() || node.getAttribute("aria-label") || node.title || label.trim());
}).map((node) => node.outerHTML.slice(0, 120))
"""
OUTLINE = """
() => ({
  h1: document.querySelectorAll("h1").length,
  main: document.querySelectorAll("main").length,
  ids: [...document.querySelectorAll("[id]")].map((n) => n.id).filter((id, i, all) => all.indexOf(id) !== i),
  wide: document.documentElement.scrollWidth - window.innerWidth,
})
"""
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parts = (colour, below) => {
    canvas.fillStyle = `rgb(${below.join(" ")})`; canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const channel = (c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (node) => {
    const above = [];
    for (; node; node = node.parentElement) above.unshift(getComputedStyle(node).backgroundColor);
    return above.reduce((below, colour) => parts(colour, below), [255, 255, 255]);
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!own || !node.checkVisibility({ visibilityProperty: true }) || node.disabled) continue;
    if (["SCRIPT", "STYLE", "TITLE", "OPTION"].includes(node.tagName)) continue;
    const below = ground(node);
    const [a, b] = [light(parts(getComputedStyle(node).color, below)), light(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const name = `${node.tagName}.${node.className} "${node.textContent.slice(0, 30)}"`;
    if (ratio < 4.5) poor.push(`${name} ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""


class Visitor:
    """Somebody with a browser. What their pages complain of, and whom else they ask, is kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context = context
        self.address = address
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.bytes = 0

    def page(self) -> Page:
        """An empty page that is listened to."""
        page = self.context.new_page()
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self._hear("error", f"dialog {dialog.message}"))
        page.on("request", self._asked)
        return page

    def open(self, path: str) -> Page:
        """A page of the dashboard, once it hears of the desk."""
        page = self.page()
        page.goto(self.address + path)
        page.locator(LIVE).first.wait_for(timeout=15_000)
        return page

    def _hear(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(f"{kind}: {text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.address, self.address.replace("http", "ws", 1), "data:", "blob:")):
            self.elsewhere.append(request.url)
