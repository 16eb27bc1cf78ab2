"""Mutation testing: does a test fail when the code is wrong? Run by `make mutants`.

    python -m bench.mutants [FILE ...] [--jobs N]

Each mutant (bench/mutations.py) is put into a process forked from a warm one, which runs the module's own tests and then
the other tests of the core, and stops at the first failure. What survives is either a test that is missing or a change
that changes nothing; the latter are listed with their reasons in bench/equivalent_mutants.toml, and an entry there that
names no mutant, or one that a test finds after all, is an error. At most a tenth of a file's mutants may survive unlisted.
"""

import argparse
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

from bench.mutations import Mutant, mutants, mutated

ROOT = Path(__file__).parent.parent
SRC = ROOT / "src" / "offhook"
CORE = ROOT / "tests" / "core"
WALK = CORE / "test_walk.py"
NETWORKS = CORE / "test_heard.py"
OVER_NETWORKS = ("core/estimate.py", "core/playout.py")
LISTED = Path(__file__).with_name("equivalent_mutants.toml")
FILES = (
    *sorted(f"core/{path.name}" for path in (SRC / "core").glob("*.py") if path.name != "__init__.py"),
    "phone/twilio/signature.py",
)
MOST_SURVIVORS = 0.1
WALL = 20.0
"""How many times what the tests need a mutant may take by the clock, which others slow down too."""
CPU_S = 5
"""Seconds of CPU beyond what the tests need before a mutant counts as running for ever."""
BYTES = 4 * 2**30


@dataclass
class Verdict:
    """What became of one file's mutants."""

    file: str
    count: int
    survivors: list[Mutant]
    wrong: list[str]
    """What is wrong with the list of equivalent mutants."""
    seconds: float


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from given code."""

    def __init__(self, name: str, path: Path, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code

    def find_spec(
        self, name: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_file_location(name, self._path, loader=self) if name == self._name else None

    def create_module(self, _spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102


def module_of(file: str) -> str:
    """`core/playout.py` as it is imported."""
    return "offhook." + file.removesuffix(".py").replace("/", ".")


def stages_of(file: str) -> list[list[str]]:
    """The module's own tests, then the others of the core, then the random walk; for the ear and its ledger those of whole
    networks last, which take a hundred times as long."""
    own = ROOT / "tests" / Path(file).parent / f"test_{Path(file).stem}.py"
    stages = [[own]]
    if file.startswith("core/"):
        stages.append([path for path in sorted(CORE.glob("test_*.py")) if path not in (own, WALK, NETWORKS)])
        stages.append([WALK])
    if file in OVER_NETWORKS:
        stages.append([NETWORKS])
    return [[str(path) for path in stage] for stage in stages]


def pytest_in_child(file: str, code: CodeType | None, cpu_s: int) -> int:
    """Forks; the child imports the module from `code` (None: as it is) and runs the tests. Its process id."""
    if pid := os.fork():
        return pid
    status = 70
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        if code is not None:
            sys.meta_path.insert(0, _Mutated(module_of(file), SRC / file, code))
        import pytest

        for tests in stages_of(file):
            if status := int(
                pytest.main(["-x", "-q", "-p", "no:cacheprovider", "--timeout=0", f"--rootdir={ROOT}", *tests])
            ):
                break
    finally:
        os._exit(status)


def warm_up() -> None:
    """Imports what the tests import, and forgets what is ours: a child loads that anew, with the fault in it."""
    os.chdir(ROOT)
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    sys.path[:0] = [str(ROOT), str(ROOT / "src")]
    sys.dont_write_bytecode = True
    import pytest

    with open(os.devnull, "w") as null:
        out, sys.stdout = sys.stdout, null
        try:
            left = pytest.main(["-q", "--collect-only", "-p", "no:cacheprovider", str(CORE), *stages_of(FILES[-1])[0]])
        finally:
            sys.stdout = out
    if left:
        sys.exit("The tests cannot be collected.")
    import hypothesis  # pytest wants to load it first

    # How long a test takes is judged here, by its CPU time: a busy machine must not pass for a test that found something.
    # One counterexample is enough: nobody reads the smallest.
    hypothesis.settings.register_profile(
        "mutants",
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    hypothesis.settings.load_profile("mutants")
    for name in list(sys.modules):
        if name.split(".")[0] in ("offhook", "tests"):
            del sys.modules[name]
    gc.collect()
    gc.freeze()  # what is here stays: a child that collects its garbage need not look at it, nor copy it


def how_it_is(file: str) -> tuple[int, float]:
    """Runs the tests on the code as it is: the most CPU and wall seconds a mutant is given. Exits if they fail."""
    began, before = time.monotonic(), _children_cpu()
    _, status = os.waitpid(pytest_in_child(file, None, 600), 0)
    if status:
        sys.exit(f"{file}: its tests fail without any fault (status {status}).")
    cpu = _children_cpu() - before
    return int(2 * cpu) + CPU_S, WALL * (cpu + CPU_S) + (time.monotonic() - began)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def try_all(file: str, found: list[Mutant], jobs: int) -> list[Mutant]:
    """Runs the tests on every mutant, `jobs` at a time; gives those that nothing found."""
    source = (SRC / file).read_text()
    cpu_s, wall_s = how_it_is(file)
    waiting = list(reversed(found))
    running: dict[int, tuple[Mutant, float]] = {}
    survivors = []
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            code = compile(mutated(source, mutant), str(SRC / file), "exec", dont_inherit=True)
            running[pytest_in_child(file, code, cpu_s)] = mutant, time.monotonic() + wall_s
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid:
            mutant, _ = running.pop(pid)
            if os.waitstatus_to_exitcode(status) == 0:
                survivors.append(mutant)
                print(f"    {mutant.lineno}: {mutant.change}", file=sys.stderr, flush=True)
            continue
        for late in [pid for pid, (_, until) in running.items() if time.monotonic() > until]:
            os.kill(late, signal.SIGKILL)
        time.sleep(0.01)
    return sorted(survivors, key=lambda mutant: mutant.lineno)


def listed(file: str) -> dict[tuple[str, str, str, int], str]:
    """The equivalent mutants of a file, by their keys, with the reasons."""
    entries = tomllib.loads(LISTED.read_text())["mutant"] if LISTED.is_file() else []
    return {
        (each["within"], each["line"], each["change"], each.get("count", 0)): each["why"]
        for each in entries
        if each["file"] == file
    }


def judge(file: str, jobs: int) -> Verdict:
    """Tries every mutant of a file and compares the survivors with the list."""
    began = time.monotonic()
    found = mutants((SRC / file).read_text())
    survivors = try_all(file, found, jobs) if found else []
    excused = listed(file)
    keys, alive = {mutant.key for mutant in found}, {mutant.key for mutant in survivors}
    wrong = [f"listed but there is none such: {key}" for key in excused if key not in keys]
    wrong += [f"listed as equivalent but a test finds it: {key}" for key in excused if key in keys - alive]
    left = [mutant for mutant in survivors if mutant.key not in excused]
    return Verdict(file, len(found), left, wrong, time.monotonic() - began)


def main() -> int:
    """Prints each file's survivors; 1 if there are too many or the list is stale."""
    parser = argparse.ArgumentParser(description="Mutation testing of the core and the signature.")
    parser.add_argument("files", nargs="*", default=FILES, help=f"under src/offhook; default: {' '.join(FILES)}")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    for file in asked.files:
        if not (SRC / file).is_file():
            parser.error(f"there is no src/offhook/{file}")
    warm_up()
    bad = False
    for file in asked.files:
        verdict = judge(file, asked.jobs)
        too_many = len(verdict.survivors) > MOST_SURVIVORS * verdict.count
        bad |= too_many or bool(verdict.wrong)
        told = f"{len(verdict.survivors)} of {verdict.count} survive"
        print(f"{file}: {told}{' (too many)' if too_many else ''}, {verdict.seconds:.0f} s", flush=True)
        for mutant in verdict.survivors:
            print(f"  {mutant.lineno}: {mutant.change}{f' ({mutant.count})' if mutant.count else ''}")
            print(f"      {mutant.line}   [{mutant.within}]")
        for sentence in verdict.wrong:
            print(f"  {sentence}")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
