"""Lanes: one driver at a time, and what happens to a lane whose driver lost the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from provider.models import Lane
from provider.services import lanes

pytestmark = pytest.mark.django_db


class Outage:
    """Every query fails from the moment it began."""

    began = False

    def __call__(self, execute: Any, *query: Any) -> Any:
        if self.began:
            raise OperationalError("the server closed the connection")
        return execute(*query)


def test_a_lane_that_is_driven_is_nobody_elses() -> None:
    with lanes.driving("events") as first, lanes.driving("events") as second:
        assert first is not None
        assert second is None
        assert first.keep()


def test_the_database_is_asked_for_more_time_once_a_third_of_it_is_over(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    with lanes.driving("events") as drive:
        assert drive is not None
        with django_assert_num_queries(0):
            assert drive.keep()
        monkeypatch.setattr(lanes, "SURE", timedelta(0))
        with django_assert_num_queries(1):
            assert drive.keep()
        Lane.objects.update(driver="of-another-process")
        assert not drive.keep()


def test_who_finds_a_lane_taken_writes_nothing() -> None:
    with lanes.driving("events"):
        with CaptureQueriesContext(connection) as asked, lanes.driving("events") as second:
            assert second is None
        assert [query["sql"] for query in asked if not query["sql"].startswith("SELECT")] == []


def test_a_lane_given_back_is_taken_by_the_next() -> None:
    with lanes.driving("events"):
        pass
    with lanes.driving("events") as drive:
        assert drive is not None


@pytest.mark.django_db(transaction=True)
def test_a_lane_whose_driver_lost_the_database_is_taken_at_once_when_it_is_back() -> None:
    outage = Outage()
    with (
        pytest.raises(OperationalError),
        connection.execute_wrapper(outage),
        lanes.driving("events") as before,
    ):
        assert before is not None
        outage.began = True
    assert Lane.objects.get().driver == before.driver, "it could not be given back"

    with lanes.driving("events") as after:
        assert after is not None
        assert not before.keep()
    assert Lane.objects.get().driver == ""


def test_a_lane_whose_driver_is_another_process_waits_for_its_lease() -> None:
    until = timezone.now() + timedelta(seconds=15)
    Lane.objects.create(name="events", driver="of-another-process", lease_until=until)
    with lanes.driving("events") as drive:
        assert drive is None
    Lane.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with lanes.driving("events") as drive:
        assert drive is not None
