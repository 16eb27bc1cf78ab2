import re

import httpx
import pytest

from offhook.server.reference import page
from tests.server.running import running


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(demo=True, folder=tmp_path_factory.mktemp("kept")) as it:
        yield it


def test_every_operation_of_the_api_is_told_with_its_parameters(server):
    schema = httpx.get(server.origin + "/openapi.json").json()
    text = httpx.get(server.origin + "/docs").text
    assert "/api/calls/{call_id}/export" in schema["paths"] and "/docs" not in schema["paths"]
    for path, methods in schema["paths"].items():
        assert f"<span class=path>{path}</span>" in text
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                assert f"<code>{parameter['name']}</code>" in text
    for name, model in schema["components"]["schemas"].items():
        assert f"<code>{name}</code>" in text
        for field in model.get("properties", {}):
            assert f"<code>{field}</code>" in text


def test_every_link_leads_somewhere(server):
    text = httpx.get(server.origin + "/docs").text
    assert set(re.findall(r"href='#(\w+)'", text)) <= set(re.findall(r"id='(\w+)'", text))


def test_the_page_brings_everything_itself_and_runs_nothing(server):
    answer = httpx.get(server.origin + "/docs")
    assert "http" not in answer.text and "<script" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src")


def test_what_is_told_is_text():
    operation = {"summary": "<b>", "parameters": [{"name": "<i>", "in": "query", "schema": {"enum": ["<", 1]}}]}
    text = page({"info": {"title": "<u>"}, "paths": {"/<p>": {"get": operation}}})
    assert not re.search(r"<b>|<i>|<u>|<p>(?!Every|<)", text.replace("<p></p>", ""))
