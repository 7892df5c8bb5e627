"""Conversations and their messages, and what agents do with them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import selectors
from chat.api import message_serializers as ms
from chat.api import pagination
from chat.api import serializers as s
from chat.api.common import CONFLICT, PROBLEMS, caller
from chat.api.parsers import Json
from chat.models import Conversation, Message
from chat.services import conversations, desk, links, messages, templates, uploads
from chat.services.extras import Extras
from provider.contracts import Place


class ConversationsView(GenericAPIView[Conversation]):
    pagination_class = pagination.NewestActivity
    serializer_class = s.ConversationSerializer

    @extend_schema(
        parameters=[s.Filters], responses={200: s.ConversationSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request) -> Response:
        filters = s.Filters(data=request.query_params)
        filters.is_valid(raise_exception=True)
        asked = filters.validated_data
        rows = selectors.conversations_for(caller(request)).prefetch_related("events__by")
        if "status" in asked:
            rows = rows.filter(status=asked["status"])
        if "classification" in asked:
            rows = rows.filter(classification=asked["classification"])
        if "agent" in asked:
            rows = rows.filter(agent__username=asked["agent"])
        if "q" in asked:
            rows = selectors.matching(rows, asked["q"])
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


def _seen(request: Request, conversation_id: int) -> Conversation:
    conversation = selectors.conversation_for(caller(request), conversation_id)
    if conversation is None:
        raise Http404
    return conversation


def _now(conversation_id: int) -> Response:
    rows = Conversation.objects.select_related(
        "identity__channel", "contact", "classification", "agent"
    ).prefetch_related("events__by")
    return Response(s.ConversationSerializer(rows.get(pk=conversation_id)).data)


class ConversationView(APIView):
    @extend_schema(responses={200: s.ConversationSerializer, **PROBLEMS})
    def get(self, request: Request, conversation_id: int) -> Response:
        return _now(_seen(request, conversation_id).pk)


def _answered(conversation_id: int, sent: dict[str, Any], by: User) -> tuple[Message, bool]:
    client_id = sent.get("client_id") or str(uuid.uuid4())
    if "template" in sent:
        return templates.answer(conversation_id, **sent["template"], client_id=client_id, by=by)
    text = sent.get("text", "")
    beside = Extras(
        reply_to=sent.get("reply_to"),
        place=Place(**sent["location"]) if "location" in sent else None,
        contacts=tuple(sent.get("contacts", ())),
    )
    named: Any = {"client_id": client_id, "by": by, "beside": beside}
    if "file" in sent:
        conversation = Conversation.objects.get(pk=conversation_id)
        return uploads.answer(conversation, sent["file"], text, **named)
    return messages.answer(conversation_id, text, **named)


class MessagesView(GenericAPIView[Any]):
    parser_classes = (Json, MultiPartParser)
    pagination_class = pagination.Pages
    serializer_class = ms.MessageSerializer

    @extend_schema(
        parameters=[s.After], responses={200: ms.MessageSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request, conversation_id: int) -> Response:
        query = s.After(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = selectors.messages_of(_seen(request, conversation_id))
        page = self.paginate_queryset(rows.filter(id__gt=query.validated_data.get("after", 0)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request={"application/json": ms.NewMessage, "multipart/form-data": ms.NewFile},
        responses={
            200: ms.MessageSerializer,
            201: ms.MessageSerializer,
            **CONFLICT,
            413: s.Problem,
            429: s.Problem,
        },
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        with_file = bool(request.FILES)
        with _acting(request, conversation_id, selectors.assumable) as by:
            form = (ms.NewFile if with_file else ms.NewMessage)(data=request.data)
            form.is_valid(raise_exception=True)
            message, is_new = _answered(conversation_id, form.validated_data, by)
        return Response(ms.MessageSerializer(message).data, status=201 if is_new else 200)


@contextmanager
def _acting(
    request: Request,
    conversation_id: int,
    find: Callable[[User, int], Conversation | None] = selectors.conversation_for,
) -> Iterator[User]:
    """The caller, who sees the conversation; one who is overtaken is answered 409.

    With `assumable`, whoever could have taken it is told who did; to anybody else it is not there.
    """
    by = caller(request)
    asked = find(by, conversation_id)
    if asked is None:
        raise Http404
    with conversations.racing(asked, by):
        yield by


class AssumeView(APIView):
    @extend_schema(request=None, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id, selectors.assumable) as by:
            messages.assume(conversation_id, by=by)
        return _now(conversation_id)


class TransferView(APIView):
    @extend_schema(request=s.Transfer, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id, selectors.assumable) as by:
            form = s.Transfer(data=request.data)
            form.is_valid(raise_exception=True)
            desk.transfer(conversation_id, by=by, **form.validated_data)
        return _now(conversation_id)


class HoldView(APIView):
    @extend_schema(request=None, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id) as by:
            desk.hold(conversation_id, by=by)
        return _now(conversation_id)


class ResumeView(APIView):
    @extend_schema(request=None, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id) as by:
            desk.resume(conversation_id, by=by)
        return _now(conversation_id)


class LinkView(APIView):
    """Vincular, and its undoing."""

    @extend_schema(request=s.Link, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id) as by:
            form = s.Link(data=request.data)
            form.is_valid(raise_exception=True)
            links.link(conversation_id, form.validated_data["contact"], by=by)
        return _now(conversation_id)

    @extend_schema(responses={200: s.ConversationSerializer, **CONFLICT})
    def delete(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id) as by:
            links.unlink(conversation_id, by=by)
        return _now(conversation_id)


class CloseView(APIView):
    @extend_schema(request=None, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        with _acting(request, conversation_id) as by:
            messages.close(conversation_id, by=by)
        return _now(conversation_id)
