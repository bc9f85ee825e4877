"""The system page, part by part: health, journals, settings, alerts, the audit of what people did, the database."""

PARTS = (
    ("/system", "Health"),
    ("/system/journals", "Journals"),
    ("/system/settings", "Settings"),
    ("/system/alerts", "Alerts"),
    ("/system/audit", "Audit"),
    ("/system/database", "Database"),
)
