"""The JSON side of a route: decoding what comes, encoding what goes, and the OpenAPI document of the declarations."""

import re
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec
from aiohttp import web

from app.errors import Invalid, TooLarge
from app.feature import Feature, OutgoingEvent, Route

ROUTE: Final = web.RequestKey("route", Route)
"""The declaration that the request matched."""

Struct = TypeVar("Struct", bound=msgspec.Struct)

PROBLEM_TYPE: Final = "application/problem+json"
_FIELD = re.compile(r"`?\$\.([\w.\[\]]+)`?")
_PLACE = re.compile(r"\{(\w+)(?::((?:[^{}]|\{[^{}]*\})*))?\}")
_MISSING = re.compile(r"missing required field `(\w+)`")


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
    instance: str = ""
    fields: dict[str, str] = {}
    """What is wrong with which field, in the reader's language."""


async def body(request: web.Request, kind: type[Struct]) -> Struct:
    """The request's JSON body as the Struct its route declares. Raises `Invalid` that names the field."""
    if request.content_type != "application/json":
        raise Invalid("Send this as application/json")
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge from None
    return decoded(raw, kind)


def decoded(raw: bytes, kind: type[Struct]) -> Struct:
    """JSON as a Struct. Raises `Invalid` that names the field."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as problem:
        raise invalid_from(problem) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Invalid("This is not valid JSON") from None


def query(request: web.Request, kind: type[Struct]) -> Struct:
    """The query string as the Struct its route declares; the first value of each name counts."""
    values = {name: request.query[name] for name in request.query if request.query[name] != ""}
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as problem:
        raise invalid_from(problem) from None


def reply(value: object, status: int = 200) -> web.Response:
    """A JSON answer. It is never stored by caches: what the API says depends on who asks."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def invalid_from(problem: msgspec.ValidationError) -> Invalid:
    """Turns msgspec's message into the field it speaks of."""
    text = str(problem)
    missing = _MISSING.search(text)
    place = _FIELD.search(text)
    if missing:
        prefix = f"{place.group(1)}." if place else ""
        return Invalid(fields={f"{prefix}{missing.group(1)}": "This is needed"})
    if place:
        return Invalid(fields={place.group(1): "This does not have the form that is expected"})
    return Invalid("This does not have the form that is expected")


def openapi(features: tuple[Feature, ...], title: str, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every declared route under /api/."""
    routes = [route for feature in features for route in feature.routes if route.path.startswith("/api/")]
    types: list[Any] = [Problem]
    for route in routes:
        types += [kind for kind in (route.body, route.reply, route.query, *route.problems.values()) if kind is not None]
    outgoing = [event for feature in features for event in feature.outgoing]
    types += [event.body for event in outgoing]
    schemas, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    schema_of = {id(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for feature in features:
        for route in feature.routes:
            if route.path.startswith("/api/"):
                path = _PLACE.sub(r"{\1}", route.path)
                operation = _operation(feature, route, schema_of, components)
                paths.setdefault(path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"}},
        "paths": dict(sorted(paths.items())),
        "webhooks": {event.name: _webhook(event, schema_of[id(event.body)]) for event in outgoing},
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "gryf_session"}},
        },
    }


def _webhook(event: OutgoingEvent, schema: dict[str, Any]) -> dict[str, Any]:
    """What another program is sent, and what it should answer."""
    return {
        "post": {
            "operationId": f"webhook.{event.name}",
            "summary": event.summary,
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": {"2XX": {"description": "Taken"}, "410": {"description": "No longer wanted"}},
        }
    }


def _operation(feature: Feature, route: Route, schema_of: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = []
    for name, pattern in _PLACE.findall(route.path):
        integer = pattern.startswith(r"\d")
        schema: dict[str, Any] = {"type": "integer", "minimum": 0} if integer else {"type": "string"}
        parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    if route.query is not None:
        described = _resolved(schema_of[id(route.query)], components)
        required = set(described.get("required", ()))
        for name, schema in described.get("properties", {}).items():
            parameters.append({"name": name, "in": "query", "required": name in required, "schema": schema})
    problem = {"content": {PROBLEM_TYPE: {"schema": schema_of[id(Problem)]}}}
    good: dict[str, Any] = {"description": HTTPStatus(route.status).phrase}
    if route.reply is not None:
        good["content"] = {"application/json": {"schema": schema_of[id(route.reply)]}}
    elif route.media:
        good["content"] = {route.media: {}}
    responses: dict[str, Any] = {str(route.status): good}
    for status in refusals(route):
        kind = route.problems.get(status, Problem)
        content = {PROBLEM_TYPE: {"schema": schema_of[id(kind)]}}
        responses[str(int(status))] = {"description": status.phrase, "content": content}
    operation: dict[str, Any] = {
        "operationId": f"{feature.name}.{route.name or _operation_name(route)}",
        "tags": [feature.name],
        "summary": route.summary,
        "parameters": parameters,
        "responses": {**responses, "default": {"description": "A problem (RFC 9457)", **problem}},
    }
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _body_content(route, schema_of[id(route.body)])}
    if not route.allow.anonymous:
        operation["security"] = [{"session": []}]
        if route.allow.roles:
            operation["description"] = f"Roles: {', '.join(sorted(route.allow.roles))}."
    return operation


def refusals(route: Route) -> list[HTTPStatus]:
    """What a route answers besides when it does not do what was asked, as far as its declaration tells."""
    changes = route.method not in {"GET", "HEAD"}
    found = {HTTPStatus.SERVICE_UNAVAILABLE, *(HTTPStatus(status) for status in route.problems)}
    if not route.allow.anonymous:
        found |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    if "{" in route.path:
        found.add(HTTPStatus.NOT_FOUND)
    if changes:
        found |= {HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
        found |= {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY}
    if route.query is not None:
        found.add(HTTPStatus.UNPROCESSABLE_ENTITY)
    return sorted(found)


def _body_content(route: Route, schema: dict[str, Any]) -> dict[str, Any]:
    """JSON; where files may come along, also a form with the JSON in one part and each file in another."""
    content: dict[str, Any] = {"application/json": {"schema": schema}}
    if route.files:
        file = {"type": "string", "format": "binary"}
        form = {
            "type": "object",
            "required": ["data"],
            "properties": {"data": schema, "files": {"type": "array", "maxItems": route.files, "items": file}},
        }
        content["multipart/form-data"] = {"schema": form, "encoding": {"data": {"contentType": "application/json"}}}
    return content


def _operation_name(route: Route) -> str:
    words = re.findall(r"\w+", _PLACE.sub(r"\1", route.path.removeprefix("/api/")))
    return "_".join([route.method.lower(), *words])


def _resolved(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref", "")
    return components.get(reference.rpartition("/")[2], schema) if reference else schema
