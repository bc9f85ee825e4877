"""Findings of a doctor who asks venues: each question by itself, none of them able to end the examination."""

import asyncio
from collections.abc import Awaitable, Callable

from dutchbook.domain.errors import DutchbookError
from dutchbook.evaluation.snapshot import CheckResult

_WITHIN_S = 15.0


class Doubt(DutchbookError):
    """Something worth knowing that is no reason to stop: a warning."""


class Findings:
    """Collects what checks found, in their order."""

    def __init__(self) -> None:
        self.results: list[CheckResult] = []

    async def ask(self, name: str, check: Callable[[], Awaitable[str]]) -> bool:
        """One check; its words if it passes, the error's (what - what to do) if not. Whether it passed."""
        try:
            found = await asyncio.wait_for(check(), _WITHIN_S)
        except TimeoutError:
            found, fix = f"no answer within {_WITHIN_S:.0f} s", "check the network; the venue may be down"
            self.results.append(CheckResult(name=name, verdict="fail", found=found, fix=fix))
        except DutchbookError as error:
            self.results.append(finding_of(name, error))
        else:
            self.results.append(CheckResult(name=name, verdict="pass", found=found))
            return True
        return False


def finding_of(name: str, error: DutchbookError) -> CheckResult:
    """An error as a finding: its last part is what to do."""
    what, _, fix = " ".join(str(error).split()).rpartition(" - ")
    verdict = "warn" if isinstance(error, Doubt) else "fail"
    return CheckResult(name=name, verdict=verdict, found=what or fix, fix=fix if what else "")
