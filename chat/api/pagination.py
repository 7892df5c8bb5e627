"""Lists by cursor: 50 a page, up to 200."""

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    ordering: str | tuple[str, ...] = "id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class NewestActivity(Pages):
    ordering = ("-last_message_at", "-id")


class NewestFirst(Pages):
    ordering = "-id"


class ByName(Pages):
    ordering = ("name", "id")
