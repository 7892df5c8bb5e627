"""What the tests of Django's administration share."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.chat.conftest import person

CANARY = "canary-secret-7h3k-wxyz"


def administrator() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person("admin"))
    return client


def address(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)
