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
    def control(self) -> Path:
        """The socket on which a running desk takes commands."""
        return self.run / "desk.sock"

    @property
    def logs(self) -> Path:
        """Log files of the desk that runs here, one for each room and day."""
        return self.root / "logs"

    @property
    def reports(self) -> Path:
        """Reports of the desk, one for each cycle, in a folder for each day."""
        return self.root / "reports"

    @property
    def alerts(self) -> Path:
        """The book of alerts: what was raised, delivered and acknowledged, on any surface."""
        return self.root / "alerts.jsonl"

    @property
    def messenger(self) -> Path:
        """What the messenger remembers: how far it has read, and which commands it has taken."""
        return self.root / "messenger"

    @property
    def users(self) -> Path:
        """Who may use the screens, and what proves it."""
        return self.root / "users.json"

    @property
    def users_record(self) -> Path:
        """Who changed users and keys: a line for each change."""
        return self.root / "users-record.jsonl"

    @property
    def sessions(self) -> Path:
        """Who is signed in at the screens, so that their restart signs nobody out."""
        return self.run / "sessions.json"

    @property
    def screens(self) -> Path:
        """What the screens keep for themselves: preferences of browsers."""
        return self.root / "screens"

    @property
    def pairs(self) -> Path:
        """The table of pairs across venues: a line for each decision about one."""
        return self.root / "pairs.jsonl"

    @property
    def sandbox_running(self) -> Path:
        """Where a sandbox of this home listens. Held by its process for as long as it lives."""
        return self.root / "sandbox" / "running"

    @property
    def sandbox_accounts(self) -> Path:
        """Keys of the sandbox's test accounts: play money, readable for the user alone."""
        return self.root / "sandbox" / "accounts.json"

    @property
    def keystore(self) -> Path:
        """The encrypted keystore."""
        return self.root / "keystore.json"

    @property
    def secrets(self) -> Path:
        """One private file for each key."""
        return self.root / "secrets"

    @property
    def dotenv(self) -> Path:
        """Keys as lines of NAME=value, readable for the user alone."""
        return self.root / ".env"

    @property
    def live_days(self) -> Path:
        """When each account was first armed for live trading."""
        return self.root / "live" / "first-days.json"
