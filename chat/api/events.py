"""What the provider sent, and processing it again."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api import pagination
from chat.api import serializers as s
from chat.api.common import PROBLEMS, WITH_BODY, IsSupervisor, caller
from chat.services import events
from provider import gateway


class EventsView(GenericAPIView[Any]):
    permission_classes = [IsAuthenticated, IsSupervisor]
    pagination_class = pagination.NewestFirst
    serializer_class = s.EventSerializer

    @extend_schema(
        parameters=[s.EventFilters], responses={200: s.EventSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        filters = s.EventFilters(data=request.query_params)
        filters.is_valid(raise_exception=True)
        rows = gateway.events().filter(**filters.validated_data)
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


class ReplayView(APIView):
    permission_classes = [IsAuthenticated, IsSupervisor]

    @extend_schema(request=None, responses={200: s.EventSerializer, **WITH_BODY})
    def post(self, request: Request, event_id: int) -> Response:
        event = gateway.events().filter(pk=event_id).first()
        if event is None:
            raise Http404
        events.replay(event, by=caller(request))
        event.refresh_from_db(fields=["state"])
        return Response(s.EventSerializer(event).data)
