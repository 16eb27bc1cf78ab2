"""The faults of `make mutants`: which there are, and that the list of those that change nothing is not stale."""

import ast
import subprocess
import sys
import tomllib

import pytest
from bench.mutants import FILES, LISTED, SRC, stages_of
from bench.mutations import mutants, mutated


def changes(source: str) -> list[str]:
    return [mutant.change for mutant in mutants(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a = b < c", ["< to <=", "< to >="]),
        ("a = b is not c", ["is not to is"]),
        ("a = b + c", ["+ to -"]),
        ("a.b += 2", ["removed AugAssign", "+ to -", "2 to 3"]),
        ("a = b and not c", ["and to or", "not left out"]),
        ("a = True", ["True to False"]),
        ("a = -b", ["- to +"]),
        ("a.b = c", ["removed Assign"]),
        ("a(b)", ["removed Expr"]),
        ("a = min(b, c)", ["min to max"]),
        ("a = {b: c}", ["entry b left out"]),
        ("a = [b for b in c if d]", ["condition left out"]),
        ("def f():\n    return a", ["returns None"]),
        ("if a:\n    b()", ["condition negated", "removed Expr"]),
        ("for a in b:\n    break", ["removed Break"]),
        ("raise A('why')", ["removed Raise"]),
        ("match a:\n    case 1 if b > c:\n        d()", ["> to >=", "> to <=", "removed Expr"]),
        # What is left alone.
        ("'a docstring'\nimport a\nfrom b import c", []),
        ("a: Literal['x']", []),
        ("@d(slots=True)\nclass A(StrEnum):\n    B = 'b'", []),
        ("a = f'{b}'", []),
        ("a = {'b', 'c'}", []),
        ("a = b", []),
    ],
)
def test_each_kind_of_code_has_its_faults(source, expected):
    assert changes(source) == expected


@pytest.mark.parametrize("file", ["core/turns.py", "phone/twilio/signature.py"])
def test_each_mutant_is_another_program_that_compiles(file):
    source = (SRC / file).read_text()
    found = mutants(source)
    programs = {ast.dump(mutated(source, mutant)) for mutant in found} | {ast.dump(ast.parse(source))}
    assert len(programs) == len(found) + 1
    assert len({mutant.key for mutant in found}) == len(found), "each has a name of its own"
    for mutant in found:
        compile(mutated(source, mutant), file, "exec")


def test_every_file_has_its_tests():
    for file in FILES:
        assert stages_of(file)[0][0].endswith(f"test_{file.rsplit('/', 1)[-1]}")


def test_what_is_listed_as_equivalent_is_there_once_with_a_reason():
    listed = tomllib.loads(LISTED.read_text())["mutant"]
    keys = [(each["file"], each["within"], each["line"], each["change"], each.get("count", 0)) for each in listed]
    assert len(set(keys)) == len(keys)
    there = {(file, *mutant.key) for file in FILES for mutant in mutants((SRC / file).read_text())}
    assert set(keys) <= there
    assert all(each["why"].endswith(".") for each in listed)


@pytest.mark.timeout(120)
@pytest.mark.soak
def test_the_runner_finds_what_the_tests_find_and_tells_what_they_do_not(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "bench.mutants", "core/leg.py"],
        cwd=SRC.parent.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.split(",")[0]) == (0, "core/leg.py: 0 of 2 survive")
