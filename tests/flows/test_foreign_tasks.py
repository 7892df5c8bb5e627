"""DE1: what somebody else puts into the broker is no work of ours."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from kombu.serialization import disable_insecure_serializers, enable_insecure_serializers

from isobot.celery import app as ours
from tests.processes import wait_until
from tests.stack import Stack
from tests.stack_clients import Agent, Provider

pytestmark = pytest.mark.flow


class Bomb:
    """Goes off where it is unpacked."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (os.mkdir, (self.path,))


def test_DE1_a_worker_runs_no_task_of_another_name_or_form_and_goes_on(
    installation: Callable[[str], Stack], phone: str
) -> None:
    stack = installation("production")
    evil = Celery("evil", broker=stack.env["REDIS_URL"])
    evil.conf.task_default_queue = ours.conf.task_default_queue
    never = stack.folder / "never"
    evil.send_task("os.system", args=[f"touch {never}"])
    enable_insecure_serializers(["pickle"])
    try:
        evil.send_task("isobot.tasks.tidy", args=[Bomb(str(never))], serializer="pickle")
    finally:
        disable_insecure_serializers()
    evil.close()
    log = stack.parts["worker"].log
    wait_until(lambda: "unregistered task" in log.read_text(), "the name is refused")
    wait_until(lambda: "Refusing to deserialize" in log.read_text(), "the form is refused")
    supervisor = Agent(stack, "supervisor")
    Provider(stack).customer_writes(phone, "Oi")
    wait_until(lambda: supervisor.conversation(phone, "bot"), "customers are served as before")
    assert not never.exists()
