"""Puts the pages on the application."""

import secrets

from fastapi import FastAPI
from nicegui import app as nicegui_app
from nicegui import ui

from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.pages import register
from dutchbook.storage.home import Home


def mount_pages(app: FastAPI, context: AppContext) -> None:
    """Make all pages and mount them at the root; what the API serves comes first."""
    folder = Home(context.home).screens
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    nicegui_app.storage.path = folder
    register(context)
    ui.run_with(
        app,
        title="dutchbook",
        dark=None,
        show_welcome_message=False,
        tailwind=False,
        reconnect_timeout=10.0,
        # What a browser prefers is no secret, and a restart may forget it.
        storage_secret=secrets.token_urlsafe(32),
        session_middleware_kwargs={
            "session_cookie": "dutchbook_browser",
            "same_site": "strict",
            "https_only": context.door.tls,
        },
    )
