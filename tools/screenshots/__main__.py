"""Takes the pictures of the dashboard for README and docs: `python -m tools.screenshots` (`make screenshots`).

Starts a desk on paper in a random walk, whose opportunities are planted as its pages say, and its dashboard, in a home
of their own, and looks at pages with the distribution's Chromium. Nothing is edited afterwards.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "pictures"
PORT = 23_459
ADDRESS = f"http://127.0.0.1:{PORT}"
_TRADING_S = 120
_DRAWN_MS = 3_000
_SIGN_IN = """
(code) => fetch("/api/v1/session", {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ sign_in_code: code }),
})
"""
PICTURES = (
    ("overview", "/", 1440, 1000, "light"),
    ("overview-dark", "/", 1440, 1000, "dark"),
    ("orders", "/orders", 1440, 900, "light"),
    ("history", "/orders/history", 1440, 900, "light"),
    ("risk", "/risk", 1440, 900, "dark"),
    ("decisions", "/decisions", 1440, 900, "light"),
    ("system", "/system", 1440, 1000, "light"),
    ("phone", "/", 390, 844, "dark"),
)


def main() -> int:
    """Take all pictures; 1 if there is no Chromium."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("no Chromium of the distribution is installed: no pictures were taken", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with _program(home, "run", "--walk", "--plain"):
            time.sleep(10)
            with _program(home, "dashboard", "--port", str(PORT)), sync_playwright() as play:
                _wait()
                time.sleep(_TRADING_S)
                browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                _take(browser, home)
                browser.close()
    return 0


def _take(browser: Browser, home: Path) -> None:
    TARGET.mkdir(exist_ok=True)
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{ADDRESS}/sign-in")
    page.evaluate(_SIGN_IN, _code(home))
    state = context.storage_state()
    for name, path, width, height, scheme in PICTURES:
        looking = browser.new_context(
            storage_state=state,
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
        )
        page = looking.new_page()
        page.goto(ADDRESS + path)
        page.wait_for_timeout(_DRAWN_MS)
        page.screenshot(path=TARGET / f"dashboard-{name}.png")
        looking.close()
        print(f"{TARGET / f'dashboard-{name}.png'}")


@contextmanager
def _program(home: Path, *arguments: str) -> Iterator[None]:
    process = subprocess.Popen(
        [Path(sys.executable).with_name("dutchbook"), *arguments],
        env={**os.environ, "DUTCHBOOK_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _code(home: Path) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("dutchbook"), "users", "code", "--json"],
        env={**os.environ, "DUTCHBOOK_HOME": str(home)},
        capture_output=True,
        check=True,
    )
    return str(json.loads(done.stdout)["code"])


def _wait() -> None:
    for _ in range(240):
        try:
            with urllib.request.urlopen(f"{ADDRESS}/api/v1/health", timeout=2):  # noqa: S310 - our own address
                return
        except OSError:
            time.sleep(0.25)
    raise SystemExit("the dashboard did not start: run `dutchbook dashboard` to see why")


if __name__ == "__main__":
    sys.exit(main())
