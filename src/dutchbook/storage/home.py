"""Where things lie under the home folder of a desk. Pure paths: nothing is read or created here."""

from pathlib import Path

import msgspec


class Home(msgspec.Struct, frozen=True):
    """The layout of one desk's home folder."""

    root: Path

    @property
    def runs(self) -> Path:
        """One folder for each replay and each desk: its journal, and the recording of what a desk saw."""
        return self.root / "runs"

    @property
    def run(self) -> Path:
        """What a running desk and the commands that steer it leave for each other."""
        return self.root / "run"

    @property
    def lock(self) -> Path:
        """Held by the one desk that uses this home."""
        return self.run / "desk.lock"

    @property
    def sandbox_accounts(self) -> Path:
        """Keys of the sandbox's test accounts: play money, readable for the user alone."""
        return self.root / "sandbox" / "accounts.json"
