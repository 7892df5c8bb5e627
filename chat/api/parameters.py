"""Details of parameters by their literal question."""

from __future__ import annotations

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.api import serializers as s
from chat.api.common import PROBLEMS, WITH_BODY, IsSupervisor, caller
from chat.services import settings
from parameters import store


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
        responses={200: s.DetailSerializer, 201: s.DetailSerializer, **WITH_BODY},
    )
    def put(self, request: Request, name: str, user: str, question: str) -> Response:
        form = s.DetailSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        detail, made = settings.put_detail(
            name, user, question, by=caller(request), **form.validated_data
        )
        return Response(s.DetailSerializer(detail).data, status=201 if made else 200)

    @extend_schema(responses={204: None, **PROBLEMS})
    def delete(self, request: Request, name: str, user: str, question: str) -> Response:
        detail = store.find_detail(name, user, question)
        if detail is None:
            raise Http404
        settings.remove_detail(detail, by=caller(request))
        return Response(status=204)
