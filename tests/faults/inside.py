"""Rows that call the product's own functions: each in a process of its own, on its own database."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import asdict
from pathlib import Path

import django

from tests.faults.rows import Outcome, Trial
from tests.stack import Stack

WITHIN_SECONDS = 1200


def run(name: str, trial: Trial) -> Outcome:
    """Run `tests.faults.<name>` inside an installation whose processes do not run."""
    with Stack(trial.profile, runs=False) as stack:
        trial.tell("trying")
        result = stack.folder / "outcome.json"
        asked = [name, str(result), trial.profile, str(trial.smoke), str(trial.seed)]
        stack.run(name, "-m", "tests.faults.inside", *asked, seconds=WITHIN_SECONDS)
        outcome = Outcome(**json.loads(result.read_text()))
        if outcome.misses:
            outcome.misses.append(f"kept in {stack.folder}")
            stack.keep()
    return outcome


def main(name: str, result: str, profile: str, smoke: str, seed: str) -> None:
    django.setup()
    django.conf.settings.ISOBOT_WAKEUPS = False  # rows drain when they mean to
    trial = Trial(profile, smoke == "True", int(seed), lambda _how: None)
    outcome = importlib.import_module(f"tests.faults.{name}").run(trial)
    Path(result).write_text(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main(*sys.argv[1:])
