"""Lists by cursor: 50 a page, up to 200."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    ordering: str | tuple[str, ...] = "id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def paginate_queryset(self, *args: Any, **options: Any) -> list[Any] | None:
        """A cursor this list never gave out names no page of it."""
        try:
            return super().paginate_queryset(*args, **options)
        except (ValueError, ValidationError) as error:
            raise NotFound(self.invalid_cursor_message) from error


class NewestActivity(Pages):
    ordering = ("-last_message_at", "-id")


class NewestFirst(Pages):
    ordering = "-id"


class ByName(Pages):
    ordering = ("name", "id")
