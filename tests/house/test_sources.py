"""House rules that can be read off the sources."""

import ast
import re

import pytest

from tests.house.sources import LAYERS, ROOT, lines_of, nodes_of, parsed

pytestmark = pytest.mark.xdist_group("sources")  # they are parsed once
SQL = re.compile(
    r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+(TABLE|INDEX)|WITH\s+\w+\s+AS|LISTEN|NOTIFY)\b",
    re.IGNORECASE | re.DOTALL,
)
FORBIDDEN_NAMES = {"utils", "helpers", "manager", "base", "common", "misc", "util", "helper"}
BROAD = {"Exception", "BaseException"}
MUTABLE = (ast.Dict, ast.List, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MUTABLE_CALLS = {"dict", "list", "set", "deque", "defaultdict", "Counter", "OrderedDict"}


def test_sql_stands_only_in_stores():
    found = []
    for name in parsed():
        if name.endswith("store.py"):
            continue
        found += [
            f"{name}:{node.lineno} {node.value.strip()[:40]!r}"
            for node in nodes_of(name)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.match(node.value)
        ]
    assert found == []


def test_no_file_or_function_holds_two_things():
    found = []
    for name in parsed():
        length = len(lines_of(name))
        if length > 400:
            found.append(f"{name} has {length} lines")
        for node in nodes_of(name):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 50:
                    found.append(f"{name}:{node.lineno} {node.name} has {length} lines")
    assert found == []


def test_nothing_waits_with_wait_for():
    """Until Python 3.12 `asyncio.wait_for` swallows a cancellation that comes as its future is done: `asyncio.timeout`."""
    found = [
        f"{name}:{node.lineno}"
        for name in parsed()
        for node in nodes_of(name)
        if isinstance(node, ast.Attribute)
        and node.attr == "wait_for"
        and isinstance(node.value, ast.Name)
        and node.value.id == "asyncio"
    ]
    assert found == []


def test_names_say_what_a_thing_is():
    found = [
        name
        for name in parsed()
        for part in name.removesuffix(".py").split("/")
        if part.lower() in FORBIDDEN_NAMES or any(word in part.split("_") for word in ("utils", "helpers", "manager"))
    ]
    assert found == []


def test_no_mutable_state_in_modules():
    found = []
    for name, tree in parsed().items():
        for node in tree.body:
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            if value is None:
                continue
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            call = isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in MUTABLE_CALLS
            # a constant table is written in capitals, says Final and is never changed (next test)
            is_table = isinstance(node, ast.AnnAssign) and all(one.lstrip("_").isupper() for one in names)
            if (isinstance(value, MUTABLE) or call) and not is_table and names != ["__all__"]:
                found.append(f"{name}:{node.lineno} {names}")
    assert found == []


def test_constant_tables_are_never_changed():
    changing = {"append", "add", "update", "pop", "clear", "setdefault", "extend", "remove", "insert", "popitem"}
    found = []
    for name in parsed():
        for node in nodes_of(name):
            target = None
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in changing:
                target = node.func.value
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                target = node.targets[0].value
            if isinstance(target, ast.Name) and target.id.isupper() and len(target.id) > 1:
                found.append(f"{name}:{node.lineno} {target.id}")
            if isinstance(node, ast.Global):
                found.append(f"{name}:{node.lineno} global {node.names}")
    assert found == []


def test_broad_except_says_what_it_does_and_stands_where_it_may():
    """Supervisors, connection loops, middleware, workers: each such place logs; nothing is swallowed in silence."""
    found = []
    for name in parsed():
        for node in nodes_of(name):
            if not isinstance(node, ast.ExceptHandler):
                continue
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            broad = node.type is None or any(isinstance(kind, ast.Name) and kind.id in BROAD for kind in kinds)
            if broad and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body):
                found.append(f"{name}:{node.lineno}")
    assert found == []


def test_codecs_are_touched_in_one_place():
    """PyAV decodes and encodes in media/codec alone."""
    found = []
    for name in parsed():
        if name.startswith("media/codec/"):
            continue
        for node in nodes_of(name):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            found += [f"{name}:{node.lineno}" for module in modules if module.split(".")[0] == "av"]
    assert found == []


def test_wire_formats_do_no_io():
    """Protocols, muxers and playlists take bytes and give bytes."""
    pure = ["media/rtmp/protocol.py", "media/rtmp/chunk.py", "media/rtmp/amf0.py", "media/rtmp/handshake.py"]
    pure += [
        "media/hls/muxer.py",
        "media/hls/boxes.py",
        "media/hls/playlist.py",
        "realtime/protocol.py",
        "realtime/frames.py",
    ]
    pure += ["media/hls/cuts.py", "media/hls/marks.py", "media/webrtc/rtp.py", "media/out/protocol.py"]
    pure += ["media/out/tags.py", "media/out/address.py"]
    pure += [
        "media/backlog.py",
        "media/framing.py",
        "media/mixer/protocol.py",
        "media/rtmp/control.py",
        "app/tables.py",
    ]
    pure += [f"media/ladder/{name}.py" for name in ("protocol", "rungs", "budget")]
    pure += [name for name in parsed() if name.startswith("portals/helpdesk/post/reading/")]
    pure += [f"portals/helpdesk/post/{name}.py" for name in ("placing", "tokens", "wording")]
    forbidden = {"asyncio", "socket", "aiohttp", "asyncpg", "pathlib", "os", "threading", "time"}
    found = []
    for name in pure:
        for node in nodes_of(name):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            found += [f"{name}: {module}" for module in modules if module.split(".")[0] in forbidden]
    assert found == []


def test_every_layer_is_watched_by_the_import_linter():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(f'"{layer}"' in text for layer in LAYERS)


def test_nothing_of_the_city_is_in_the_code():
    """The city is a setting; its name may stand in demo data."""
    found = [
        f"{name}:{number}"
        for name in parsed()
        if not name.endswith("demo.py") and not name.startswith("media/codec/picture")
        for number, line in enumerate(lines_of(name), start=1)
        if "słupsk" in line.lower() or "slupsk" in line.lower()
    ]
    assert found == []


def test_headings_stay_headings():
    """A role takes the place of the element's own: `<h2 role="status">` is no heading to whoever listens to the page."""
    folders = ("app", "media", "portals", "realtime", "schools")
    pages = [page for folder in folders for page in (ROOT / folder).rglob("templates/**/*.html")]
    assert len(pages) > 100
    assert [page.name for page in pages if re.search(r"<h[1-6][^>]*\brole=", page.read_text(encoding="utf-8"))] == []
