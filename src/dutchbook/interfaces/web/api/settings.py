"""The settings: what is in force and where it was said, and an editor that shows what would change first."""

import asyncio
from typing import Annotated

import msgspec
from pydantic import StringConstraints

from dutchbook.config.editing import LARGEST, Change, SettingsFile, changes, read_own
from dutchbook.interfaces.web.api.bodies import Body, Reason
from dutchbook.interfaces.web.api.routes import Routes, Who
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.roles import Role

Text = Annotated[str, StringConstraints(max_length=LARGEST)]


class SettingRow(msgspec.Struct, frozen=True):
    """A setting in force, as a user would write it, and where it was said."""

    key: str
    value: str | None
    unit: str
    source: str


class SettingsView(msgspec.Struct, frozen=True):
    """All settings as they are now, files that they were read from, and limits that can never bind."""

    settings: tuple[SettingRow, ...]
    files: tuple[str, ...]
    remarks: tuple[str, ...]
    fingerprint: str


class Changes(msgspec.Struct, frozen=True):
    """What an edit changes, or would."""

    changes: tuple[Change, ...]


class NewText(Body):
    """A new text of the settings file."""

    text: Text


class Edit(Reason):
    """A new text of the settings file, made from the one of `version`."""

    text: Text
    version: Annotated[str, StringConstraints(max_length=64)]


def settings_routes(context: AppContext) -> Routes:
    """Look at settings, try an edit, make it."""
    routes = Routes("settings")

    @routes.get("/settings", SettingsView)
    async def settings() -> SettingsView:
        """All settings in force, each with its source. Keys of accounts are none of them."""
        loaded = await asyncio.to_thread(context.load)
        rows = tuple(SettingRow(each.key, each.value, str(each.unit), each.source) for each in loaded.values)
        return SettingsView(rows, tuple(map(str, loaded.files)), loaded.remarks, loaded.fingerprint)

    @routes.get("/settings/file", SettingsFile, Role.ADMIN)
    async def settings_file() -> SettingsFile:
        """The home folder's own settings file."""
        return await asyncio.to_thread(read_own, context.home)

    @routes.post("/settings/check", Changes, Role.ADMIN)
    async def check_settings(body: NewText) -> Changes:
        """What a new text of the file would change; nothing is written."""
        return Changes(await asyncio.to_thread(changes, context.home, body.text, context.environ))

    @routes.on("PUT", "/settings/file", Changes, Role.ADMIN)
    async def write_settings(who: Who, body: Edit) -> Changes:
        """Write the file; the old one is kept beside it. A desk that runs goes on with what it started with, the next
        one starts with this. Modes, live trading, accounts and who may come in are not changed from here."""
        return Changes(await context.actions.edit_settings(who, body.text, body.version, body.why))

    return routes
