"""Names of tests are the same at every collection: workers of one run compare theirs, and refuse to run otherwise.

A day, a random number or the order of a set in `parametrize(…)` is another one a second later, or in another process.
"""

import ast
from collections.abc import Iterator

from tests.house.sources import ROOT

CHANGING = {
    *("today", "now", "utcnow", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"),
    *("uuid1", "uuid4", "random", "randint", "randrange", "randbytes", "choice", "choices", "sample", "shuffle"),
    *("urandom", "token_bytes", "token_hex", "token_urlsafe", "getpid", "mkdtemp", "mkstemp"),
}
SETS = {"set", "frozenset"}
IN_ITS_ORDER = {"list", "tuple", "enumerate", "map", "filter", "zip", "chain", "product"}
"""What these make of a set comes in the set's order; `sorted` does away with it."""
Held = dict[str, str]
"""Names of a module → what is unsteady in them."""


def called(node: ast.AST) -> str:
    """`datetime.now(…)` and `now(…)` → «now»."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def changing(node: ast.AST, held: Held) -> str:
    """The clock or chance somewhere in an expression, or nothing."""
    if isinstance(node, ast.Lambda):
        return ""  # run by the test, not at its collection
    if called(node) in CHANGING:
        return f"{called(node)}()"
    if isinstance(node, ast.Name):
        return held.get(node.id, "")
    return next((found for child in ast.iter_child_nodes(node) if (found := changing(child, held))), "")


def in_the_order_of_a_set(node: ast.AST, sets: set[str]) -> bool:
    """Whether going over an expression is going over a set. One that is a case itself is only held."""
    if isinstance(node, ast.Set | ast.SetComp) or called(node) in SETS:
        return True
    if isinstance(node, ast.Name):
        return node.id in sets
    parts: list[ast.AST] = []
    if isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.List | ast.Tuple):
        parts = [one.value for one in node.elts if isinstance(one, ast.Starred)]
    elif isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp):
        parts = [one.iter for one in node.generators]
    elif called(node) in IN_ITS_ORDER and isinstance(node, ast.Call):
        parts = list(node.args)
    return any(in_the_order_of_a_set(part, sets) for part in parts)


def held_by(tree: ast.Module) -> tuple[Held, set[str]]:
    """Names of the module that hold what changes, and those that hold a set."""
    held: Held = {}
    sets: set[str] = set()
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = {target.id for target in targets if isinstance(target, ast.Name)}
        if found := changing(node.value, held):
            held |= dict.fromkeys(names, f"{found} in {min(names)}" if names else found)
        if in_the_order_of_a_set(node.value, sets):
            sets |= names
    return held, sets


def cases(tree: ast.Module) -> Iterator[tuple[int, list[ast.expr]]]:
    """Line, and the expressions from which tests or fixtures get cases and their names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "parametrize":
            yield node.lineno, [*node.args[1:], *(word.value for word in node.keywords)]
        if isinstance(node, ast.Call) and called(node) == "fixture":
            yield node.lineno, [word.value for word in node.keywords if word.arg in {"params", "ids"}]


def faults(source: str) -> list[str]:
    tree = ast.parse(source)
    held, sets = held_by(tree)
    found = []
    for line, parts in cases(tree):
        for part in parts:
            if text := changing(part, held):
                found.append(f"{line}: {text}")
            if in_the_order_of_a_set(part, sets):
                found.append(f"{line}: the order of a set")
    return found


def test_no_name_of_a_test_depends_on_the_clock_or_on_chance():
    found = [
        f"{path.relative_to(ROOT)}:{fault}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if (text := path.read_text(encoding="utf-8")) and ("parametrize(" in text or "params=" in text)
        for fault in faults(text)
    ]
    assert found == []


def test_the_rule_can_fail():
    source = """
TODAY = date.today()
DAYS = [TODAY + timedelta(days=n) for n in range(3)]
WORDS = {"a", "b"}
@pytest.mark.parametrize("day", [date.today()])
def test_one(day): ...
@pytest.mark.parametrize("day", DAYS)
def test_two(day): ...
@pytest.mark.parametrize("id", [str(uuid.uuid4())])
def test_three(id): ...
@pytest.mark.parametrize("word", {"a", "b"})
def test_four(word): ...
@pytest.mark.parametrize("word", [*WORDS, "c"])
def test_five(word): ...
@pytest.fixture(params=[time.time()])
def now(request): ...
@pytest.mark.parametrize("pair", [(word, 1) for word in set(LIST) - WORDS])
def test_six(pair): ...
@pytest.mark.parametrize("word", sorted({"a", "b"}))
def test_seven(word): ...
@pytest.mark.parametrize("make", [lambda: date.today()])
def test_eight(make): ...
@pytest.mark.parametrize(("day", "words"), [(date(2026, 11, 25), {"a", "b"})])
def test_nine(day, words): assert date.today() > day and words <= WORDS
"""
    assert [fault.partition(": ")[2] for fault in faults(source)] == [
        "today()",
        "today() in TODAY in DAYS",
        "uuid4()",
        "the order of a set",
        "the order of a set",
        "time()",
        "the order of a set",
    ]
