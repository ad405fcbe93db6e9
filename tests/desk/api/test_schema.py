"""Sends what the OpenAPI allows, and what it does not, to every route: each answer is one that it describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=30), st.lists(st.integers(), max_size=2))


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    from fanzha.desk.api.urls import api

    paths = api.get_openapi_schema(path_prefix="/api/")["paths"]
    return [(path, method, told) for path, methods in paths.items() for method, told in methods.items()]


def _of(shape: dict[str, Any], shapes: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a JSON schema; now and then one that is not."""
    if "$ref" in shape:
        return _of(shapes[shape["$ref"].rsplit("/", 1)[1]], shapes)
    if "anyOf" in shape:
        return st.one_of([_of(each, shapes) for each in shape["anyOf"]])
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    if "const" in shape:
        return st.just(shape["const"])
    match shape.get("type"):
        case "array":
            return st.lists(_of(shape.get("items", {}), shapes), max_size=2)
        case "object":
            fields = {name: st.one_of(_of(each, shapes), _ODD) for name, each in shape.get("properties", {}).items()}
            needed = {name: fields.pop(name) for name in shape.get("required", ()) if name in fields}
            return st.fixed_dictionaries(needed, optional=fields)
        case "integer":
            return st.integers(shape.get("minimum"), shape.get("maximum"))
        case "boolean":
            return st.booleans()
        case "string":
            return st.text(max_size=min(shape.get("maxLength", 40), 40))
        case _:
            return st.none()


def _body(data: st.DataObject, told: dict[str, Any], shapes: dict[str, Any]) -> dict[str, Any]:
    content = told.get("requestBody", {"content": {"application/json": {"schema": {}}}})["content"]
    if "multipart/form-data" not in content:
        sent = data.draw(st.one_of(_of(content["application/json"]["schema"], shapes), _ODD))
        return {"data": json.dumps(sent), "content_type": "application/json"}
    drawn = data.draw(_of(content["multipart/form-data"]["schema"], shapes))
    fields = {name: value for name, value in drawn.items() if isinstance(value, str | int)}
    file = data.draw(
        st.sampled_from([b"", b"PK\x03\x04", b"\xff\x00", "举报编号,被举报号码,举报人号码\r\nJ1,1,2".encode()])
    )
    return {"data": {**fields, "file": SimpleUploadedFile("f", file)}}


def test_every_answer_is_one_that_is_described(caller: Callable[..., Client], rows: SimpleNamespace) -> None:
    from fanzha.desk.api.urls import api

    client, shapes = caller("leader"), api.get_openapi_schema(path_prefix="/api/")["components"]["schemas"]
    client.raise_request_exception = True
    operations = _operations()
    known = [rows.alert.pk, "1", "2", rows.alert.subject.token, "block", "0", "9" * 30, "x\x00y"]

    @settings(max_examples=450, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
    @given(st.data())
    def walk(data: st.DataObject) -> None:
        path, method, told = data.draw(st.sampled_from(operations))
        query, headers = {}, {}
        for each in told.get("parameters", ()):
            value = data.draw(_of(each["schema"], shapes))
            if each["in"] == "path":
                chosen = data.draw(st.one_of(st.just(str(value)), st.sampled_from(known)))
                path = path.replace(f"{{{each['name']}}}", quote(chosen or "x", safe=""))
            elif each["in"] == "query" and data.draw(st.booleans()):
                sent = data.draw(st.one_of(st.just(value), _ODD))
                query[each["name"]] = "" if sent is None else sent
            elif each["in"] == "header":
                headers["idempotency-key"] = data.draw(st.sampled_from(["write-0001", "write-0002", "x", ""]))
        if method == "get":
            answer = client.get(path, query)
        else:
            if query:
                path += "?" + urlencode(query)
            answer = client.post(path, **_body(data, told, shapes), headers=headers)
        assert answer.status_code in told["responses"], (path, answer.status_code, answer.content[:200])
        if answer["Content-Type"].startswith("application/json"):
            answer.json()

    walk()
