"""polymarket-client in trouble: what its caller sees of the engine's modes, of rate limits and of a proxy's page."""

import json
import urllib.request
from typing import Any

from polymarket_sandbox import secure_client  # type: ignore[import-not-found]
from telling import refusal, tell, told  # type: ignore[import-not-found]

CONFIG = told()


def control(method: str, path: str, **body: Any) -> None:
    """Steer the sandbox."""
    request = urllib.request.Request(  # noqa: S310 - an address of the sandbox
        CONFIG["control"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        answer.read()


client = secure_client(CONFIG["polymarket"], CONFIG["accounts"]["polymarket"]["alice"])
market = client.get_market(slug="judged-parole")
yes = market.outcomes.yes.token_id


def resting(**more: Any) -> Any:
    """The answer to an order that would rest far below the market."""
    return client.place_limit_order(asset_id=yes, price="0.30", size=20, side="BUY", **more)


tell("beforehand", resting().status)
for mode in ("restarting", "post_only", "cancel_only", "disabled"):
    control("POST", "/mode", venue="polymarket", mode=mode)
    refused = refusal(resting)
    tell(mode, [refused["type"], refused["status"], refused.get("restriction")])
    if mode == "post_only":
        tell("post-only in post_only", resting(post_only=True).status)
        client.cancel_all()
        resting(post_only=True)
    if mode == "cancel_only":
        tell("cancelled in cancel_only", len(client.cancel_all().canceled))
control("POST", "/mode", venue="polymarket", mode="normal")

control("POST", "/faults", fault="http_status", name="busy", venue="polymarket", status=429, retry_after=7)
refused = refusal(resting)
tell("too many", [refused["type"], refused["retry_after"]])
control("DELETE", "/faults/busy")
control("POST", "/faults", fault="html_body", name="page", venue="polymarket", status=502)
refused = refusal(resting)
tell("a page", [refused["type"], refused["status"]])
control("DELETE", "/faults/page")
tell("afterwards", resting().status)
client.cancel_all()
