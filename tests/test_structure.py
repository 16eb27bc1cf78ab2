"""What the tree promises: who may import whom, that everything public is named, that every module has its tests."""

import ast
import inspect
import re
import subprocess
from pathlib import Path

import pytest

import offhook

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "offhook"
ANYWHERE = {"errors", "outside"}

# Arrows point inward. A room may import itself, what is listed, and errors and outside.
MAY_IMPORT = {
    "audio": set(),
    "core": {"audio"},
    "speech": {"audio"},
    "parts": {"audio", "speech"},
    "phone": {"core", "audio"},
    "agent": {"core", "audio", "speech", "parts"},
    "recording": {"core", "audio"},
    "call": {"core", "audio"},
    "bus": set(),
    "orders": {"call", "core"},
    "switchboard": {"audio", "call", "core", "orders"},
    "settings": set(),
    "store": set(),
    "journal": {"core", "store"},
    "sim": {"audio", "speech"},
    "server": {
        "audio",
        "core",
        "speech",
        "phone",
        "agent",
        "call",
        "bus",
        "orders",
        "switchboard",
        "settings",
        "server",
        "store",
        "journal",
        "recording",
    },
    "bench": {"audio", "core", "speech", "phone", "agent", "call", "switchboard", "server", "sim", "store", "journal"},
    "cli": {
        "audio",
        "core",
        "speech",
        "parts",
        "phone",
        "agent",
        "call",
        "bus",
        "orders",
        "switchboard",
        "settings",
        "server",
        "sim",
        "bench",
        "store",
        "journal",
        "recording",
    },
    "__init__": {"agent", "call", "core"},
    "__main__": {"cli"},
    "errors": set(),
    "outside": set(),
}
PURE = {"asyncio", "time", "random", "os", "logging", "socket", "threading", "subprocess", "secrets", "datetime"}
MODULES = sorted(path for path in SRC.rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(SRC).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The modules a file imports, with their full names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            found.add(node.module)
            if node.module == "offhook":
                found.update(f"offhook.{alias.name}" for alias in node.names)
    return found


def strangers(path: Path, names: set[str]) -> set[str]:
    """The rooms that a file may not import and does."""
    rooms = {name.split(".")[1] for name in names if name.startswith("offhook.")}
    return rooms - MAY_IMPORT[room(path)] - ANYWHERE - {room(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_arrows_point_inward(path):
    assert strangers(path, imports(path)) == set()


def test_the_rule_catches_what_it_is_for():
    for room_name, bad in (
        ("core", "phone"),
        ("phone", "agent"),
        ("agent", "phone"),
        ("sim", "core"),
        ("audio", "core"),
    ):
        assert strangers(SRC / room_name / "x.py", {f"offhook.{bad}.y"}) == {bad}


@pytest.mark.parametrize("path", sorted((SRC / "core").glob("*.py")), ids=lambda path: path.name)
def test_the_core_is_pure(path):
    assert {name.split(".")[0] for name in imports(path)} & PURE == set()


PURE_OF_AGENTS = (
    "conversation", "greetings", "realtime/answers", "realtime/items", "realtime/messages", "cascade/context",
)  # fmt: skip


def test_wires_are_pure():
    for path in [*SRC.rglob("wire.py"), *(SRC / "agent" / f"{name}.py" for name in PURE_OF_AGENTS)]:
        assert {name.split(".")[0] for name in imports(path)} & PURE == set()


def test_settings_are_read_in_server_and_cli_only():
    for path in MODULES:
        if "offhook.settings" in imports(path):
            assert room(path) in ("server", "cli", "settings"), path


def test_everything_public_is_named_and_documented():
    assert set(offhook.__all__) == {
        name for name, each in vars(offhook).items() if name[0] != "_" and not inspect.ismodule(each)
    }
    for name in offhook.__all__:
        assert getattr(offhook, name).__doc__


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(SRC)))
def test_every_module_has_a_purpose_and_its_test_module(path):
    tree = ast.parse(path.read_text())
    if not tree.body:
        return
    assert ast.get_docstring(tree), f"{path} does not say what it is for"
    if path.name in ("__init__.py", "__main__.py", "base.py", "format.py") or "migrations" in path.parts:
        return
    tests = ROOT / "tests" / path.relative_to(SRC).parent
    subject = path.stem.removesuffix("_worker")
    assert (tests / f"test_{subject}.py").is_file(), f"no tests/{path.relative_to(SRC).parent}/test_{subject}.py"


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_no_tracked_file_names_a_package_registry():
    hosts = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", "registry.npm" + "js", "deb.debi" + "an")))
    for path in tracked():
        text = path.read_bytes().decode("utf-8", "ignore")
        assert not hosts.search(text), path


def test_no_name_says_nothing():
    banned = re.compile(r"^(utils?|helpers?|common|manager|service|handler|processor|misc)s?(_.*)?$")
    for path in MODULES:
        assert not banned.match(path.stem), path
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                assert not re.search(r"(Manager|Service|Handler|Processor|Utils|Helper)$", node.name), (
                    f"{path}: {node.name}"
                )


def test_no_test_sleeps_on_the_real_clock():
    for path in set((ROOT / "tests").rglob("*.py")) - {ROOT / "tests" / "polling.py"}:
        assert "time." + "sleep(" not in path.read_text(), path
