"""The small faults that are put into a module, one at a time: comparisons, arithmetic, constants, returns, statements.

Not touched: annotations, decorators, docstrings, f-strings, the names of an enumeration's members, the words of a set, and
the texts of errors that are raised; a test that holds those to the letter helps nobody.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr,
}  # fmt: skip
CALLS = {"min": "max", "max": "min", "any": "all", "all": "any", "popleft": "pop", "append": "appendleft"}


@dataclass(frozen=True)
class Mutant:
    """One fault."""

    within: str
    """The class and function it is in, as `Ledger.take`; empty for the module."""
    line: str
    """The line of source it is in, stripped."""
    change: str
    """What was done, as `<= to <`."""
    count: int
    """Which of several alike on that line, from 0."""
    lineno: int
    index: int
    """Which it is of all that are in the module."""

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names it, whatever is written above it."""
        return self.within, self.line, self.change, self.count


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a module, in the order of its lines."""
    finder = _Finder(source)
    finder.visit(finder.tree)
    return sorted(finder.found, key=lambda mutant: mutant.lineno)


def mutated(source: str, mutant: Mutant) -> ast.Module:
    """The module with that fault in it."""
    finder = _Finder(source, wanted=mutant.index)
    try:
        finder.visit(finder.tree)
    except _Reached:
        return finder.tree
    raise ValueError(f"no mutant {mutant.index} in this source")


class _Reached(Exception):
    """The fault that was wanted is in the tree."""


class _Finder(ast.NodeVisitor):
    def __init__(self, source: str, wanted: int | None = None) -> None:
        self._wanted = wanted
        self.lines = source.splitlines()
        self.tree = ast.parse(source)
        self.found: list[Mutant] = []
        self._within: list[str] = []
        self._seen: dict[tuple[str, str, str], int] = {}

    # ------------------------------------------------------------------ keeping

    def _keep(self, node: ast.AST, change: str, apply: Callable[[], None]) -> None:
        """Notes a mutant, or puts it into the tree if it is the one that is wanted."""
        lineno: int = node.lineno  # type: ignore[attr-defined]
        line, within = self.lines[lineno - 1].strip(), ".".join(self._within)
        count = self._seen.get((within, line, change), 0)
        self._seen[within, line, change] = count + 1
        if len(self.found) == self._wanted:
            apply()
            raise _Reached
        self.found.append(Mutant(within, line, change, count, lineno, len(self.found)))

    def _replace(self, node: ast.AST, name: str, value: object, change: str, at: ast.AST | None = None) -> None:
        self._keep(at or node, change, lambda: setattr(node, name, value))

    # ------------------------------------------------------------------ where not to look

    def _inside(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._within.append(node.name)
        if isinstance(node, ast.ClassDef):
            if not any(isinstance(base, ast.Name) and base.id == "StrEnum" for base in node.bases):
                self._body(node.body)
        else:
            for default in (*node.args.defaults, *(each for each in node.args.kw_defaults if each)):
                self.visit(default)
            self._body(node.body)
        self._within.pop()

    visit_ClassDef = visit_FunctionDef = visit_AsyncFunctionDef = _inside

    def visit_Module(self, node: ast.Module) -> None:
        self._body(node.body)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """A text for people."""

    def visit_Raise(self, node: ast.Raise) -> None:
        """Whether it is raised is asked by removing it; what it says is not."""

    def visit_Set(self, node: ast.Set) -> None:
        """A vocabulary."""

    def visit_Import(self, node: ast.Import) -> None:
        """Nothing to get wrong."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Nothing to get wrong."""

    # ------------------------------------------------------------------ faults

    def _body(self, body: list[ast.stmt]) -> None:
        for index, statement in enumerate(body):
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                continue  # a docstring
            if _can_go(statement):
                self._remove(body, index)
            self.visit(statement)

    def _remove(self, body: list[ast.stmt], index: int) -> None:
        nothing = ast.copy_location(ast.Pass(), body[index])
        self._element(body, index, nothing, f"removed {type(body[index]).__name__}", body[index])

    def _blocks(self, node: ast.stmt) -> None:
        for name, value in ast.iter_fields(node):
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                self._body(value)
            elif name in ("handlers", "cases"):
                for each in value:
                    if guard := getattr(each, "guard", None):
                        self.visit(guard)
                    self._body(each.body)
            elif name == "items":
                for each in value:
                    self.visit(each)
            elif isinstance(value, ast.expr):
                self.visit(value)

    visit_For = visit_With = visit_Try = visit_Match = _blocks

    def _condition(self, node: ast.If | ast.While) -> None:
        self._negate(node)
        self._blocks(node)

    visit_If = visit_While = _condition

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        for index, condition in enumerate(node.ifs):
            true = ast.copy_location(ast.Constant(True), condition)
            self._element(node.ifs, index, true, "condition left out", condition)
        self.generic_visit(node)

    def _element(self, elements: list, index: int, value: ast.AST, change: str, at: ast.AST) -> None:
        self._keep(at, change, lambda: elements.__setitem__(index, value))

    def _negate(self, node: ast.If | ast.While | ast.IfExp) -> None:
        if not isinstance(node.test, ast.Compare):  # a comparison has its own
            negated = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node.test)
            self._replace(node, "test", ast.fix_missing_locations(negated), "condition negated", node.test)

    def visit_Compare(self, node: ast.Compare) -> None:
        for index, operator in enumerate(node.ops):
            for other in COMPARISONS[type(operator)]:
                self._element(node.ops, index, other(), f"{_sign(operator)} to {_sign(other())}", node)
        self.generic_visit(node)

    def _arithmetic(self, node: ast.BinOp | ast.AugAssign) -> None:
        if other := ARITHMETIC.get(type(node.op)):
            self._replace(node, "op", other(), f"{_sign(node.op)} to {_sign(other())}")
        self.generic_visit(node)

    visit_BinOp = visit_AugAssign = _arithmetic

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._replace(node, "op", other, f"{_sign(node.op)} to {_sign(other)}")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.USub):
            self._replace(node, "op", ast.UAdd(), "- to +")
        elif isinstance(node.op, ast.Not):
            double = ast.copy_location(ast.UnaryOp(ast.Not(), node.operand), node)
            self._replace(node, "operand", double, "not left out")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        for value in _others(node.value):
            self._replace(node, "value", value, f"{node.value!r} to {value!r}")

    def visit_Dict(self, node: ast.Dict) -> None:
        for index in range(len(node.keys)):
            self._entry(node, index)
        self.generic_visit(node)

    def _entry(self, node: ast.Dict, index: int) -> None:
        key = node.keys[index]

        def apply() -> None:
            del node.keys[index], node.values[index]

        self._keep(key or node.values[index], f"entry {ast.unparse(key) if key else '**'} left out", apply)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if other := CALLS.get(name):
            field = "id" if isinstance(node.func, ast.Name) else "attr"
            self._replace(node.func, field, other, f"{name} to {other}")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not (isinstance(node.value, ast.Constant) and node.value.value is None):
            self._replace(node, "value", ast.copy_location(ast.Constant(None), node.value), "returns None")
            self.visit(node.value)

    def visit_Break(self, node: ast.Break) -> None:
        """Asked by removing it."""


def _can_go(statement: ast.stmt) -> bool:
    """Whether a statement can be removed and leave a program. A name that is then missing would only raise."""
    match statement:
        case ast.Assign(targets=targets):
            return not all(isinstance(target, ast.Name) for target in targets)
        case ast.AnnAssign(target=target, value=value):
            return value is not None and not isinstance(target, ast.Name)
        case ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Raise() | ast.Break() | ast.Continue():
            return True
    return False


def _others(value: object) -> Iterator[object]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str):
        yield value + "X"
    elif isinstance(value, bytes):
        yield value + b"X"


def _sign(operator: ast.AST) -> str:
    if isinstance(operator, ast.cmpop):
        node: ast.expr = ast.Compare(ast.Name("a"), [operator], [ast.Name("b")])
    elif isinstance(operator, ast.boolop):
        node = ast.BoolOp(operator, [ast.Name("a"), ast.Name("b")])
    else:
        assert isinstance(operator, ast.operator)
        node = ast.BinOp(ast.Name("a"), operator, ast.Name("b"))
    return ast.unparse(node)[2:-2]
