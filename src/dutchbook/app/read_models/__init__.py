"""What the database holds, read from the journals: one writer follows them and keeps rows."""
