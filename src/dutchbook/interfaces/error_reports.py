"""Error reports to Sentry, if an address is given: what failed and where, without values, texts of requests or secrets.

Nothing is sent without `SENTRY_DSN`. Local variables, breadcrumbs and the names of machine and user stay here.
"""

from typing import Any

from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.storage.redaction import Redactor


class ErrorReports:
    """One for each process; `room` says which part of the program it is."""

    def __init__(self, dsn: Secret | None, redactor: Redactor, room: str) -> None:
        """Raises ConfigError if an address is given and its library is not there, or it is none."""
        self._on = dsn is not None
        if dsn is None:
            return
        try:
            import sentry_sdk
            from sentry_sdk.utils import BadDsn
        except ImportError:
            raise ConfigError(
                "SENTRY_DSN is set and sentry-sdk is not installed - pip install dutchbook[sentry]"
            ) from None

        def without_secrets(event: Any, _hint: Any) -> Any:
            return redactor.fields(event)

        try:
            sentry_sdk.init(
                dsn=dsn.reveal(),
                default_integrations=False,
                include_local_variables=False,
                include_source_context=False,
                auto_session_tracking=False,
                send_client_reports=False,
                max_breadcrumbs=0,
                server_name=room,
                before_send=without_secrets,
                traces_sample_rate=None,
            )
        except BadDsn:
            raise ConfigError("SENTRY_DSN is no address of Sentry - copy it from the project's settings") from None
        sentry_sdk.set_tag("room", room)

    def tell(self, error: BaseException) -> None:
        """Report an error."""
        if self._on:
            import sentry_sdk

            sentry_sdk.capture_exception(error)

    def close(self, patience_s: float = 2.0) -> None:
        """Send what waits, and stop."""
        if self._on:
            import sentry_sdk

            sentry_sdk.get_client().close(timeout=patience_s)
            self._on = False
