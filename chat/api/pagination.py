"""Lists by cursor: 50 a page, up to 200."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class Pages(CursorPagination):
    ordering: str | tuple[str, ...] = "id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, *args: Any, **options: Any) -> list[Any] | None:
        """A cursor this list never gave out names no page of it."""
        try:
            return super().paginate_queryset(*args, **options)
        except (ValueError, OverflowError, ValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error


class NewestActivity(Pages):
    ordering = ("-last_message_at", "-id")

    def decode_cursor(self, request: Request) -> Any:
        """The moment in UTC: PostgreSQL refuses offsets that Python takes, up to a day's."""
        cursor: Any = super().decode_cursor(request)  # its stubs take a position for a number
        if cursor is None or cursor.position is None:
            return cursor
        moment = parse_datetime(cursor.position)
        if moment is None or moment.tzinfo is None:
            raise ValueError("not a moment this list gave out")
        return cursor._replace(position=str(moment.astimezone(UTC)))


class NewestFirst(Pages):
    ordering = "-id"


class ByName(Pages):
    ordering = ("name", "id")


class ByDescription(Pages):
    ordering = ("description", "code")
