"""Who may use the console: by user and by chat, both by number. Names can be taken over; numbers cannot."""

from enum import StrEnum

from dutchbook.config.telegram_settings import TelegramSettings
from dutchbook.interfaces.telegram.wire import Chat, User


class Role(StrEnum):
    """What somebody may do."""

    VIEWER = "viewer"
    OPERATOR = "operator"

    def may(self, needed: "Role") -> bool:
        """Whether this role is enough."""
        return self is Role.OPERATOR or needed is Role.VIEWER


class Access:
    """The allow-list. Who is not on it is counted, and gets no answer: not even that somebody is here."""

    def __init__(self, settings: TelegramSettings) -> None:
        self._roles = {int(user): Role.VIEWER for user in settings.viewers}
        self._roles |= {int(user): Role.OPERATOR for user in settings.operators}
        self._chats = frozenset(map(int, settings.chats))
        self.ignored = 0

    @property
    def anybody(self) -> bool:
        """Whether anybody is on the list."""
        return bool(self._roles)

    def role(self, user: User | None, chat: Chat | None) -> Role | None:
        """The role of somebody who speaks in a chat; None, and counted, for everybody else."""
        allowed = user is not None and chat is not None and not user.is_bot and self._here(user, chat)
        found = self._roles.get(user.id) if allowed and user is not None else None
        self.ignored += found is None
        return found

    def _here(self, user: User, chat: Chat) -> bool:
        if chat.type == "private":
            return chat.id == user.id
        return chat.type in ("group", "supergroup") and chat.id in self._chats
