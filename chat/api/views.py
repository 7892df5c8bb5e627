"""The calls of `/api/v1/`: read the request, ask who may, call one service, answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat import permissions, selectors
from chat.api import pagination
from chat.api import serializers as s
from chat.models import Contact, Conversation
from chat.services import access, contacts, messages, settings
from parameters import store
from provider import gateway

PROBLEMS = {
    400: OpenApiResponse(description=str(_("Bad input"))),
    401: s.Problem,
    403: s.Problem,
    404: s.Problem,
}
CONFLICT = {**PROBLEMS, 409: s.ConflictProblem}


class IsSupervisor(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        return isinstance(user, User) and permissions.is_supervisor(user)


def _caller(request: Request) -> User:
    """Who is calling; the permission classes let nobody else in."""
    user = request.user
    if not permissions.is_person(user):
        raise NotAuthenticated
    return user


class TokenView(APIView):
    """Tokens for programs."""

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "POST" else IsAuthenticated()]

    def get_authenticators(self) -> list[Any]:
        # A stale token in the header must not keep its holder from asking for a new one.
        return (
            [] if self.request and self.request.method == "POST" else super().get_authenticators()
        )

    def get_authenticate_header(self, request: Request) -> str:
        return "Token"

    @extend_schema(request=s.Credentials, responses={200: s.Token, **PROBLEMS, 429: s.Problem})
    def post(self, request: Request) -> Response:
        form = s.Credentials(data=request.data)
        form.is_valid(raise_exception=True)
        user = authenticate(request._request, **form.validated_data)
        if getattr(request._request, "axes_locked_out", False):
            # The answer is ours to give, as JSON; the middleware would make a page of it.
            request._request.axes_locked_out = False  # type: ignore[attr-defined]
            raise Throttled(detail=_("Too many wrong passwords. Wait 15 minutes and try again."))
        if not isinstance(user, User):
            raise AuthenticationFailed(_("User or password wrong."))
        return Response({"token": access.issue(user)})

    @extend_schema(responses={204: None, **PROBLEMS})
    def delete(self, request: Request) -> Response:
        request.auth.delete()
        return Response(status=204)


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
        rows = selectors.conversations_for(_caller(request)).prefetch_related("events__by")
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
    conversation = selectors.conversation_for(_caller(request), conversation_id)
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


class MessagesView(GenericAPIView[Any]):
    pagination_class = pagination.Pages
    serializer_class = s.MessageSerializer

    @extend_schema(
        parameters=[s.After], responses={200: s.MessageSerializer(many=True), **PROBLEMS}
    )
    def get(self, request: Request, conversation_id: int) -> Response:
        query = s.After(data=request.query_params)
        query.is_valid(raise_exception=True)
        rows = selectors.messages_of(_seen(request, conversation_id))
        page = self.paginate_queryset(rows.filter(id__gt=query.validated_data.get("after", 0)))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        request=s.NewMessage,
        responses={200: s.MessageSerializer, 201: s.MessageSerializer, **CONFLICT},
    )
    def post(self, request: Request, conversation_id: int) -> Response:
        _answerable(request, conversation_id)
        form = s.NewMessage(data=request.data)
        form.is_valid(raise_exception=True)
        message, is_new = messages.answer(
            conversation_id,
            form.validated_data["text"],
            client_id=form.validated_data.get("client_id") or str(uuid.uuid4()),
            by=_caller(request),
        )
        return Response(s.MessageSerializer(message).data, status=201 if is_new else 200)


def _answerable(request: Request, conversation_id: int) -> None:
    """Whoever could have taken it is told who did; to anybody else it is not there."""
    if selectors.assumable(_caller(request), conversation_id) is None:
        raise Http404


class AssumeView(APIView):
    @extend_schema(request=None, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        _answerable(request, conversation_id)
        messages.assume(conversation_id, by=_caller(request))
        return _now(conversation_id)


class CloseView(APIView):
    @extend_schema(request=None, responses={200: s.ConversationSerializer, **CONFLICT})
    def post(self, request: Request, conversation_id: int) -> Response:
        _seen(request, conversation_id)
        messages.close(conversation_id, by=_caller(request))
        return _now(conversation_id)


class ContactsView(GenericAPIView[Contact]):
    pagination_class = pagination.ByName
    serializer_class = s.ContactSerializer

    @extend_schema(responses={200: s.ContactSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        rows = Contact.objects.prefetch_related("phones", "econtacts")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses={201: s.ContactSerializer, **PROBLEMS})
    def post(self, request: Request) -> Response:
        return Response(_written(Contact(), request, partial=False), status=201)


class ContactView(GenericAPIView[Contact]):
    serializer_class = s.ContactSerializer

    def _contact(self, contact_id: int) -> Contact:
        contact = Contact.objects.filter(pk=contact_id).first()
        if contact is None:
            raise Http404
        return contact

    @extend_schema(responses={200: s.ContactSerializer, **PROBLEMS})
    def get(self, request: Request, contact_id: int) -> Response:
        return Response(s.ContactSerializer(self._contact(contact_id)).data)

    @extend_schema(responses={200: s.ContactSerializer, **PROBLEMS})
    def patch(self, request: Request, contact_id: int) -> Response:
        return Response(_written(self._contact(contact_id), request, partial=True))


def _written(contact: Contact, request: Request, *, partial: bool) -> Any:
    # Partial means that fields may be left out, not that a telephone may lack its number.
    form = s.ContactSerializer(data=request.data)
    form.fields["name"].required = not partial
    form.is_valid(raise_exception=True)
    values = form.validated_data
    phones, econtacts = values.get("phones"), values.get("econtacts")
    contacts.save(
        contact,
        name=values.get("name"),
        phones=None if phones is None else [(p["type_id"], p["number"]) for p in phones],
        econtacts=None if econtacts is None else [(e["type_id"], e["address"]) for e in econtacts],
    )
    return s.ContactSerializer(contact).data


class DetailView(APIView):
    """A detail by parameter, user and literal question."""

    permission_classes = [IsAuthenticated, IsSupervisor]

    @extend_schema(responses={200: s.DetailSerializer, **PROBLEMS})
    def get(self, request: Request, name: str, user: str, question: str) -> Response:
        detail = store.find_detail(name, user, question)
        if detail is None:
            raise Http404
        return Response(s.DetailSerializer(detail).data)

    @extend_schema(
        request=s.DetailSerializer,
        responses={200: s.DetailSerializer, 201: s.DetailSerializer, **PROBLEMS},
    )
    def put(self, request: Request, name: str, user: str, question: str) -> Response:
        form = s.DetailSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        detail, made = settings.put_detail(name, user, question, **form.validated_data)
        return Response(s.DetailSerializer(detail).data, status=201 if made else 200)

    @extend_schema(responses={204: None, **PROBLEMS})
    def delete(self, request: Request, name: str, user: str, question: str) -> Response:
        detail = store.find_detail(name, user, question)
        if detail is None:
            raise Http404
        detail.delete()
        return Response(status=204)


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

    @extend_schema(request=None, responses={200: s.EventSerializer, **PROBLEMS})
    def post(self, request: Request, event_id: int) -> Response:
        event = gateway.events().filter(pk=event_id).first()
        if event is None:
            raise Http404
        gateway.replay(event)
        event.refresh_from_db(fields=["state"])
        return Response(s.EventSerializer(event).data)
