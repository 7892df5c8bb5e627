"""The cadastro: contacts with their telephones and other addresses."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chat.api import pagination
from chat.api import serializers as s
from chat.api.common import PROBLEMS, WITH_BODY, caller
from chat.models import Contact
from chat.services import audit, contacts


class ContactsView(GenericAPIView[Contact]):
    pagination_class = pagination.ByName
    serializer_class = s.ContactSerializer

    @extend_schema(responses={200: s.ContactSerializer(many=True), **PROBLEMS})
    def get(self, request: Request) -> Response:
        rows = Contact.objects.prefetch_related("phones", "econtacts")
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(responses={201: s.ContactSerializer, **WITH_BODY})
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

    @extend_schema(responses={200: s.ContactSerializer, **WITH_BODY})
    def patch(self, request: Request, contact_id: int) -> Response:
        return Response(_written(self._contact(contact_id), request, partial=True))


def _written(contact: Contact, request: Request, *, partial: bool) -> Any:
    # Partial means that fields may be left out, not that a telephone may lack its number.
    form = s.ContactSerializer(data=request.data)
    form.fields["name"].required = not partial
    form.is_valid(raise_exception=True)
    values = form.validated_data
    phones, econtacts = values.get("phones"), values.get("econtacts")
    is_new = contact.pk is None
    contacts.save(
        contact,
        name=values.get("name"),
        phones=None if phones is None else [(p["type_id"], p["number"]) for p in phones],
        econtacts=None if econtacts is None else [(e["type_id"], e["address"]) for e in econtacts],
    )
    about = f"{contact._meta.verbose_name}: {contact}"
    audit.record(caller(request), "added" if is_new else "changed", about)
    return s.ContactSerializer(contact).data
