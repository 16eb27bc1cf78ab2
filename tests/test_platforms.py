"""What `make platforms` says, and that it looks at every lock file. The resolving itself needs a package registry."""

import pytest
from bench.platforms import LOCKS, ROOT, told


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
