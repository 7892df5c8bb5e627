"""What supervisors configure by program: classifications and their agents, channels; menus."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from chat import permissions
from chat.api import pagination
from chat.api import serializers as s
from chat.api.common import PROBLEMS, WITH_BODY, IsSupervisor, caller
from chat.models import Channel, Classification, Membership, Menu
from chat.services import channels, classifications


class _ReadByAll(GenericAPIView[Any]):
    """Anybody signed in reads; supervisors write."""

    def get_permissions(self) -> list[BasePermission]:
        allowed: list[BasePermission] = [IsAuthenticated()]
        return allowed if self.request.method in SAFE_METHODS else [*allowed, IsSupervisor()]

    def _page(self, rows: Any) -> Response:
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


def _classification(code: int) -> Classification:
    found = Classification.objects.filter(pk=code).first()
    if found is None:
        raise Http404
    return found


class ClassificationsView(_ReadByAll):
    pagination_class = pagination.ByDescription
    serializer_class = s.ClassificationSerializer

    @extend_schema(responses={200: s.ClassificationSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        return self._page(Classification.objects.all())

    @extend_schema(
        request=s.ClassificationSerializer,
        responses={201: s.ClassificationSerializer, **WITH_BODY},
    )
    def post(self, request: Request) -> Response:
        form = s.ClassificationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = classifications.save(Classification(), by=caller(request), **form.validated_data)
        return Response(s.ClassificationSerializer(made).data, status=201)


class ClassificationView(_ReadByAll):
    serializer_class = s.ClassificationSerializer

    @extend_schema(responses={200: s.ClassificationSerializer, **PROBLEMS})
    def get(self, request: Request, code: int) -> Response:
        return Response(s.ClassificationSerializer(_classification(code)).data)

    @extend_schema(responses={200: s.ClassificationSerializer, **WITH_BODY})
    def patch(self, request: Request, code: int) -> Response:
        form = s.ClassificationSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changed = classifications.save(
            _classification(code), by=caller(request), **form.validated_data
        )
        return Response(s.ClassificationSerializer(changed).data)


class AgentsView(_ReadByAll):
    """The agents of a classification, for its members and supervisors."""

    pagination_class = pagination.Pages
    serializer_class = s.MembershipSerializer

    @extend_schema(responses={200: s.MembershipSerializer(many=True), **PROBLEMS})
    def get(self, request: Request, code: int) -> Response:
        classification, user = _classification(code), caller(request)
        agents = Membership.objects.filter(classification=classification).select_related("user")
        if not permissions.is_supervisor(user) and not agents.filter(user=user).exists():
            self.permission_denied(request)
        return self._page(agents)

    @extend_schema(
        request=s.MembershipSerializer, responses={201: s.MembershipSerializer, **WITH_BODY}
    )
    def post(self, request: Request, code: int) -> Response:
        classification = _classification(code)
        form = s.MembershipSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        added = classifications.add_agent(
            classification,
            form.validated_data["user"]["username"],
            supervisor=form.validated_data.get("supervisor", False),
            by=caller(request),
        )
        return Response(s.MembershipSerializer(added).data, status=201)


class ChannelsView(GenericAPIView[Channel]):
    permission_classes = [IsAuthenticated, IsSupervisor]
    pagination_class = pagination.Pages
    serializer_class = s.ChannelSerializer

    @extend_schema(responses={200: s.ChannelSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Channel.objects.all())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(request=s.ChannelSerializer, responses={201: s.ChannelSerializer, **WITH_BODY})
    def post(self, request: Request) -> Response:
        form = s.ChannelSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        made = channels.save(Channel(), by=caller(request), **form.values)
        return Response(s.ChannelSerializer(made).data, status=201)


class ChannelView(GenericAPIView[Channel]):
    permission_classes = [IsAuthenticated, IsSupervisor]
    serializer_class = s.ChannelSerializer

    def _channel(self, channel_id: int) -> Channel:
        found = Channel.objects.select_related("menu").filter(pk=channel_id).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(responses={200: s.ChannelSerializer, **PROBLEMS})
    def get(self, request: Request, channel_id: int) -> Response:
        return Response(s.ChannelSerializer(self._channel(channel_id)).data)

    @extend_schema(responses={200: s.ChannelSerializer, **WITH_BODY})
    def patch(self, request: Request, channel_id: int) -> Response:
        form = s.ChannelSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changed = channels.save(self._channel(channel_id), by=caller(request), **form.values)
        return Response(s.ChannelSerializer(changed).data)


class MenusView(GenericAPIView[Menu]):
    permission_classes = [IsAuthenticated, IsSupervisor]
    pagination_class = pagination.ByName
    serializer_class = s.MenuSerializer

    @extend_schema(responses={200: s.MenuSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Menu.objects.all())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)
