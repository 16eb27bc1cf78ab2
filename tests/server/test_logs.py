import json
import logging
import sys

import pytest

from offhook.errors import ConfigError
from offhook.server.logs import QUIET, JsonLines, TextLines, is_worth_a_line, start_logging


def record(message="call admitted", *args, name="offhook.server", level=logging.INFO, exc_info=None, **extra):
    made = logging.LogRecord(name, level, "", 0, message, args, exc_info)
    made.created = 1_795_165_200.25
    vars(made).update(extra)
    return made


def test_a_line_is_keys_and_values_and_begins_with_the_time():
    line = TextLines().format(record(call_id="c1", direction="inbound"))
    assert line == "2026-11-20T09:00:00.250Z info offhook.server call_id=c1 call admitted direction=inbound"


def test_a_value_with_spaces_is_quoted():
    assert TextLines().format(record(reason="caller hung up")).endswith(' reason="caller hung up"')


def test_a_peers_text_cannot_begin_a_line_of_its_own():
    line = TextLines().format(record("refused: %s", "x\n2026 info forged", path="/a\r\nb"))
    assert "\n" not in line and "\r" not in line


def test_json_has_the_same_keys():
    assert json.loads(JsonLines().format(record(call_id="c1", direction="inbound"))) == {
        "at": "2026-11-20T09:00:00.250Z",
        "level": "info",
        "from": "offhook.server",
        "call_id": "c1",
        "message": "call admitted",
        "direction": "inbound",
    }


def test_an_exception_is_shown():
    try:
        raise ValueError("planted")
    except ValueError:
        made = record(exc_info=sys.exc_info())
    assert "ValueError: planted" in TextLines().format(made)
    assert "ValueError: planted" in json.loads(JsonLines().format(made))["exception"]


@pytest.mark.parametrize("form", [TextLines(), JsonLines()])
def test_an_access_line_has_no_query_where_a_number_could_be(form):
    made = record(
        '%s - "%s %s HTTP/%s" %d',
        "10.0.0.7:5",
        "GET",
        "/incoming-call?From=%2B15550100",
        "1.1",
        200,
        name="uvicorn.access",
    )
    line = form.format(made)
    assert "/incoming-call" in line and "5550100" not in line and "200" in line


def access(target, status):
    return record("", "10.0.0.7:5", "GET", target, "1.1", status, name="uvicorn.access")


def test_probes_that_go_well_are_no_lines():
    assert not is_worth_a_line(access("/healthz", 200))
    assert not is_worth_a_line(access("/api/status?x", 200))
    assert is_worth_a_line(access("/api/status", 401))
    assert is_worth_a_line(access("/incoming-call", 200))
    assert is_worth_a_line(record())


@pytest.fixture
def logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    quiet = {name: logging.getLogger(name).level for name in QUIET}
    yield root
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("uvicorn.access").removeFilter(is_worth_a_line)
    for name in list(quiet):
        logging.getLogger(name).setLevel(quiet[name])


def test_everything_goes_to_the_file_that_is_named(tmp_path, logging_as_before):
    start_logging("info", "text", tmp_path / "log")
    logging.getLogger("offhook.x").info("hello")
    logging.getLogger("offhook.x").debug("quiet")
    assert (tmp_path / "log").read_text().endswith("info offhook.x hello\n")


def test_a_file_that_cannot_be_written_is_told_in_one_sentence(tmp_path, logging_as_before):
    with pytest.raises(ConfigError, match="set LOG_FILE to a file you may write"):
        start_logging("info", "text", tmp_path / "missing" / "log")


def test_without_a_file_it_goes_to_standard_error(capsys, logging_as_before):
    start_logging("warning", "json")
    logging.getLogger("offhook.x").warning("hello")
    assert json.loads(capsys.readouterr().err)["message"] == "hello"


def test_a_secret_in_the_place_of_the_log_file_is_not_repeated(tmp_path):
    token = "0123456789abcdef" * 2
    with pytest.raises(ConfigError, match="The log cannot be written to ") as refused:
        start_logging("info", "text", tmp_path / token / "log")
    assert token not in str(refused.value)
