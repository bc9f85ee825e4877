"""The system page, part by part: health, journals, settings, alerts, logs, what people did, the database."""

PARTS = (
    ("/system", "Health"),
    ("/system/journals", "Journals"),
    ("/system/settings", "Settings"),
    ("/system/alerts", "Alerts"),
    ("/system/logs", "Logs"),
    ("/system/audit", "Audit"),
    ("/system/database", "Database"),
)
