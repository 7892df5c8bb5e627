"""Kills, races and outages: `python -m tests.faults` says what each promise withstood."""
