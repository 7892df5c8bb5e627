"""Checks API v2 requests against the OpenAPI document and names what is wrong."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError, best_match

from .exchange import JSON_TYPE, BadJson, Request, parse

DOCUMENT = Path(__file__).with_name("openapi-v2.json")
_BOOLEANS = {"true": True, "false": False}
_formats = FormatChecker(formats=())


@_formats.checks("snake_case")
def _is_snake_case(value: object) -> bool:
    return not isinstance(value, str) or re.fullmatch(r"[a-z0-9_]+", value) is not None


class SpecFault(ValueError):
    """A request the document does not allow; `rule` never quotes the request."""

    def __init__(self, source: str, message: str, rule: str = "") -> None:
        super().__init__(message)
        self.source = source
        self.rule = rule or message


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    id: str
    path: tuple[str, ...]
    query: Mapping[str, Mapping[str, Any]]
    body: Draft202012Validator | None


@dataclass(frozen=True)
class Checked:
    """A request that passed: its operation and its parts, typed."""

    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any


class Spec:
    """The operations of the document."""

    def __init__(self, document: Path = DOCUMENT) -> None:
        content = json.loads(document.read_text(encoding="utf-8"))
        _close(content["components"]["schemas"])
        self._paths: dict[tuple[str, ...], dict[str, Operation]] = {}
        for path, methods in content["paths"].items():
            segments = tuple(path.strip("/").split("/"))
            self._paths[segments] = {
                method.upper(): _operation(segments, described, content["components"])
                for method, described in methods.items()
            }

    def find(self, method: str, segments: Sequence[str]) -> Operation:
        """The operation a request means."""
        matching = [path for path in self._paths if _fits(path, segments)]
        if not matching:
            raise SpecFault("path", "there is no such path")
        # A literal path wins over one with a variable part.
        path = min(matching, key=lambda candidate: sum(_is_variable(part) for part in candidate))
        operation = self._paths[path].get(method)
        if operation is None:
            raise SpecFault("method", f"this path takes {', '.join(self._paths[path])}")
        return operation

    def check(self, operation: Operation, request: Request) -> Checked:
        """Everything else: query and body."""
        named = zip(operation.path, request.segments, strict=True)
        return Checked(
            operation=operation,
            path={part[1:-1]: value for part, value in named if _is_variable(part)},
            query=_query(operation, request.query),
            body=_body(operation, request),
        )


def _operation(
    path: tuple[str, ...], described: Mapping[str, Any], components: Mapping[str, Any]
) -> Operation:
    parameters = described.get("parameters", ())
    content = described.get("requestBody", {}).get("content", {})
    schema = content.get(JSON_TYPE, {}).get("schema")
    validator = None
    if schema is not None:
        whole = {**schema, "components": components}
        validator = Draft202012Validator(whole, format_checker=_formats)
    return Operation(
        id=described["operationId"],
        path=path,
        query={item["name"]: item for item in parameters if item["in"] == "query"},
        body=validator,
    )


def _close(node: Any) -> None:
    """An object with known properties takes no others, unless the document says so."""
    if isinstance(node, list):
        for item in node:
            _close(item)
    if not isinstance(node, dict):
        return
    if node.get("type") == "object" and "properties" in node:
        node.setdefault("additionalProperties", False)
    for item in list(node.values()):
        _close(item)


def _fits(path: Sequence[str], segments: Sequence[str]) -> bool:
    return len(path) == len(segments) and all(
        (_is_variable(part) and segment != "") or part == segment
        for part, segment in zip(path, segments, strict=True)
    )


def _is_variable(part: str) -> bool:
    return part.startswith("{")


def _query(operation: Operation, pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in pairs:
        described = operation.query.get(name)
        if described is None:
            raise SpecFault(f"query.{name[:60]}", "unknown parameter", "unknown query parameter")
        value = _typed(name, text, described["schema"]["type"])
        if described["schema"]["type"] == "array":
            values.setdefault(name, []).extend(value)
        elif name in values:
            raise SpecFault(f"query.{name}", "given twice")
        else:
            values[name] = value
    for name, described in operation.query.items():
        if described.get("required") and not values.get(name):
            raise SpecFault(f"query.{name}", "required parameter is missing")
    return values


def _typed(name: str, text: str, kind: str) -> Any:
    if kind == "boolean":
        if text not in _BOOLEANS:
            raise SpecFault(f"query.{name}", "true or false expected")
        return _BOOLEANS[text]
    if kind == "integer":
        if re.fullmatch(r"-?[0-9]{1,15}", text) is None:
            raise SpecFault(f"query.{name}", "a whole number expected")
        return int(text)
    return text.split(",") if kind == "array" else text


def _body(operation: Operation, request: Request) -> Any:
    if operation.body is None:
        if request.body:
            raise SpecFault("body", "this operation takes no body")
        return None
    if not request.body:
        raise SpecFault("body", "the body is missing")
    if request.header("content-type").partition(";")[0].strip().lower() != JSON_TYPE:
        raise SpecFault("header.content-type", f"{JSON_TYPE} expected")
    try:
        body = parse(request.body)
        error = best_match(operation.body.iter_errors(body))
    except BadJson as fault:
        raise SpecFault("body", str(fault)) from fault
    except RecursionError as fault:
        raise SpecFault("body", "the body is nested too deeply") from fault
    if error is not None:
        raise _fault(error)
    return body


def _fault(error: ValidationError) -> SpecFault:
    source = "body"
    for part in error.absolute_path:
        source += f"[{part}]" if isinstance(part, int) else f".{part}"
    return SpecFault(source[:120], error.message[:200], f"{source[:80]} breaks {error.validator}")
