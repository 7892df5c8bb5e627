"""Which tests run one after the other in one process, whatever the number of processes.

They share a running installation or a Chromium. Where a test is decides, as xdist's own mark of
groups does nothing with pytest 9.2 and says nothing of it.

They come before all others: each group is a long wait for other processes, during which the
tests of one process keep a core busy.
"""

from __future__ import annotations

from xdist.scheduler import LoadGroupScheduling

# The first that fits. The guide has installations of its own; beside them the others go on.
GROUPS = {
    "tests/browser/test_guide.py": "flows",
    "tests/browser/": "browser",
    "tests/flows/": "flows",
}


# The last is no group, but long: begun at the end it would keep one process alone.
FIRST = (
    "tests/browser/test_guide.py",
    "tests/browser/",
    "tests/flows/",
    "tests/security/test_canary.py",
)


def turn(nodeid: str) -> int:
    """A number to sort by: those with a browser first, those that may run anywhere last."""
    places = (place for place, start in enumerate(FIRST) if nodeid.startswith(start))
    return next(places, len(FIRST))


class Scheduling(LoadGroupScheduling):
    """Groups by where a test is; every other test is a group of its own."""

    def _split_scope(self, nodeid: str) -> str:
        found = (group for place, group in GROUPS.items() if nodeid.startswith(place))
        return next(found, nodeid)
