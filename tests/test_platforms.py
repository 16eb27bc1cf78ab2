"""What `make platforms` says, and that it looks at every lock file. The resolving itself needs a package registry."""

import pytest
from bench.platforms import FROM_SOURCE, LOCKS, ROOT, told, without


def test_every_lock_file_is_looked_at():
    assert sorted(LOCKS) == sorted(path.name for path in ROOT.glob("requirements*.lock"))


def test_the_reason_is_what_has_no_wheel():
    output = (
        "error: No solution found when resolving dependencies\n  cause: Because numpy==2.5.5 has no usable wheels and you "
        "require numpy==2.5.5, we can conclude that your requirements are unsatisfiable.\n"
    )
    assert told(output) == "numpy==2.5.5 has no usable wheels"


def test_a_reason_that_is_broken_over_lines_is_one_line():
    output = (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because espeakng-loader==0.2.4 has no wheels with a\n"
        "      matching platform tag (e.g., `x`) and you require\n      espeakng-loader==0.2.4, we can"
    )
    assert told(output).startswith("espeakng-loader==0.2.4 has no wheels with a matching platform tag")


@pytest.mark.parametrize(
    ("output", "line"), [("error: no\n route\n", "error: no route"), ("", "uv failed and said nothing")]
)
def test_another_trouble_is_told_as_it_is(output, line):
    assert told(output) == line


def test_an_entry_of_a_lock_file_goes_with_its_hashes_and_nothing_else_does():
    lock = "numpy==1 ; x \\\n    --hash=sha256:a \\\n    --hash=sha256:b\n    # via offhook\norjson==2 \\\n    --hash=sha256:c\n"
    assert without(lock, ["numpy"]) == "orjson==2 \\\n    --hash=sha256:c\n"
    assert without(lock, []) == lock


def test_what_is_built_from_source_is_a_requirement():
    lock = (ROOT / "requirements.lock").read_text()
    for packages in FROM_SOURCE.values():
        assert len(without(lock, packages)) < len(lock)
