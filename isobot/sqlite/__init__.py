"""Django's SQLite, whose writers of one process wait in line."""

# How long a write waits: for its turn here, and for what other processes have begun.
PATIENCE_SECONDS = 20.0
