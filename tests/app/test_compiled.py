"""Templates are compiled once: for all languages, over restarts, and anew when anything is wrong."""

import fcntl
import os
from pathlib import Path

import pytest
from jinja2 import Environment

from app import compiled
from app.compiled import compile_all, environment


@pytest.fixture
def folders(tmp_path):
    for name, words in (("app", "<p>{{ _('Good') }} {{ who }}</p>"), ("park", "{% include 'app/one.html' %}!")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.html").write_text(words)
    return {name: tmp_path / name for name in ("app", "park")}


@pytest.fixture
def compiling(monkeypatch):
    """Names of templates as they are compiled."""
    found = []
    real = Environment.compile

    def counted(self, source, name=None, filename=None, **more):
        found.append(f"{Path(filename).parent.name}/{name}")
        return real(self, source, name, filename, **more)

    monkeypatch.setattr(Environment, "compile", counted)
    return found


def shown(folders, kept, greeting="Dzień dobry"):
    root = environment(folders, kept)
    laid_over = root.overlay()
    laid_over.globals = {**root.globals, "_": lambda _words: greeting}
    return laid_over.get_template("park/one.html").render(who="<Ola>")


def test_what_is_compiled_holds_for_each_language_and_after_a_restart(folders, tmp_path, compiling):
    kept = tmp_path / "cache" / "templates"
    assert compile_all(folders, kept) == 2
    assert sorted(compiling) == ["app/one.html", "park/one.html"]
    assert shown(folders, kept) == "<p>Dzień dobry &lt;Ola&gt;</p>!"
    assert shown(folders, kept, "Добрий день") == "<p>Добрий день &lt;Ola&gt;</p>!"
    assert len(compiling) == 2
    assert oct(kept.stat().st_mode & 0o777) == "0o700"


def test_a_changed_template_and_a_torn_file_are_compiled_anew(folders, tmp_path, compiling):
    kept = tmp_path / "templates"
    shown(folders, kept)
    (folders["app"] / "one.html").write_text("<b>{{ who }}</b>")
    assert shown(folders, kept) == "<b>&lt;Ola&gt;</b>!"
    assert compiling.count("app/one.html") == 2
    assert compiling.count("park/one.html") == 1
    for file in kept.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-20])
    assert shown(folders, kept) == "<b>&lt;Ola&gt;</b>!"
    assert compiling.count("app/one.html") == 3


def test_another_edition_is_not_read_and_goes_away(folders, tmp_path, compiling, monkeypatch):
    kept = tmp_path / "templates"
    compile_all(folders, kept)
    monkeypatch.setattr(compiled, "_edition", lambda: "next")
    assert compile_all(folders, kept) == 2
    assert len(compiling) == 4
    assert sorted(one.name for one in kept.iterdir()) == ["lock", "next"]


def test_a_page_does_without_a_folder_to_keep_it_in(folders, tmp_path):
    (tmp_path / "full").write_text("a file where the folder would stand")
    assert shown(folders, tmp_path / "full" / "templates") == "<p>Dzień dobry &lt;Ola&gt;</p>!"


def test_one_process_compiles_and_others_leave_it_to_it(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "nice", lambda _more: 0)  # the tests' own process stays as it is
    kept = tmp_path / "templates"
    kept.mkdir()
    with (kept / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert compile_all(folders, kept) == 0
    assert compiled.main([str(kept), *(f"{name}={path}" for name, path in folders.items())]) == 0
    assert compile_all(folders, kept) == 2
