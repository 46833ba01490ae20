"""Keeps `locale/*.po` in step with the code: `python tools/messages.py` updates, `--check` only tells.

A catalogue belongs to a folder: a feature's (it holds feature.py), else the layer's. Translations that are there stay,
new messages come with an empty one, unused ones go. The files hold no dates, no names, no line numbers: they change
only when a text does.

Beside `_()` and its kin the places where the house's contracts say «message id» are read without a mark: details and
fields of `app.errors`, `title` and `hint` of those classes, labels of NavItem, titles of Role.
"""

import argparse
import ast
import io
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

ROOT: Final = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import errors  # noqa: E402 - found through the line above when run as a script
from app.i18n import LAYERS  # noqa: E402 - the same

LANGUAGES: Final = ("pl", "uk")
JINJA_KEYWORDS: Final = ("_", "gettext", "ngettext", "pgettext", "npgettext")
JINJA_OPTIONS: Final = {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"}
TEMPLATE_SUFFIXES: Final = {".html", ".txt", ".xml", ".svg"}
ERROR_CLASSES: Final = frozenset(
    name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, errors.AppError)
)
MARKED_KEYWORDS: Final = {"NavItem": "label", "Role": "title"}
PLACE: Final = re.compile(r"%\((\w+)\)[sd]|%[sd]")


class Text(NamedTuple):
    """One message of the source."""

    singular: str
    plural: str = ""
    context: str = ""

    @property
    def id(self) -> str | tuple[str, str]:
        return (self.singular, self.plural) if self.plural else self.singular


def owner(path: Path, root: Path = ROOT) -> Path:
    """The folder whose catalogue holds the messages of a file."""
    layer = root / path.relative_to(root).parts[0]
    for folder in path.parents:
        if folder == layer:
            break
        if (folder / "feature.py").exists():
            return folder
    return layer


def source_files(root: Path = ROOT) -> Iterator[Path]:
    for layer in LAYERS:
        for path in sorted((root / layer).rglob("*")):
            if path.suffix == ".py" or (path.suffix in TEMPLATE_SUFFIXES and "templates" in path.parts):
                yield path


def texts_by_folder(root: Path = ROOT) -> dict[Path, list[Text]]:
    """Every message once, in the folder that owns it."""
    found: dict[Path, dict[Text, None]] = {}
    for path in source_files(root):
        texts = list(python_texts(path.read_text(encoding="utf-8")) if path.suffix == ".py" else template_texts(path))
        if texts:
            found.setdefault(owner(path, root), {}).update(dict.fromkeys(texts))
    return {folder: list(texts) for folder, texts in found.items()}


def template_texts(path: Path) -> Iterator[Text]:
    with path.open("rb") as source:
        for _line, function, messages, _comments in babel_extract(source, JINJA_KEYWORDS, (), JINJA_OPTIONS):
            parts = [messages] if isinstance(messages, str) else list(messages or ())
            text = _text(function, parts)
            if text is not None:
                yield text


def python_texts(source: str) -> Iterator[Text]:
    tree = ast.parse(source)
    error_classes = set(ERROR_CLASSES)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _names(node.bases) & error_classes:
            error_classes.add(node.name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _call_texts(node, error_classes)
        elif isinstance(node, ast.ClassDef) and node.name in error_classes:
            yield from _title_texts(node)


def _call_texts(node: ast.Call, error_classes: set[str]) -> Iterator[Text]:
    name = _name(node.func)
    keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
    if name in {"_", "gettext", "ngettext", "_n", "pgettext", "npgettext"}:
        text = _text(name, [_constant(argument) for argument in node.args])
        if text is not None:
            yield text
    elif name in error_classes:
        details = [*node.args, *([keywords["detail"]] if "detail" in keywords else [])]
        fields = keywords.get("fields")
        if isinstance(fields, ast.Dict):
            details += fields.values
        yield from (Text(text) for text in map(_constant, details) if text)
    elif name in MARKED_KEYWORDS:
        text_of = _constant(keywords.get(MARKED_KEYWORDS[name]))
        if text_of:
            yield Text(text_of)


def _title_texts(node: ast.ClassDef) -> Iterator[Text]:
    for statement in node.body:
        if isinstance(statement, ast.Assign) and _names(statement.targets) <= {"title", "hint"}:
            text = _constant(statement.value)
            if text:
                yield Text(text)


def _text(function: str | None, parts: Sequence[str | None]) -> Text | None:
    """What a gettext function's constant arguments say; None where they are no constants."""
    needed = {"ngettext": 2, "_n": 2, "pgettext": 2, "npgettext": 3}.get(function or "", 1)
    given = [part for part in parts[:needed] if part]
    if len(given) < needed:
        return None
    if function == "pgettext":
        return Text(given[1], context=given[0])
    if function == "npgettext":
        return Text(given[1], given[2], context=given[0])
    return Text(*given)


def _constant(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _names(nodes: list[ast.expr]) -> set[str]:
    return {_name(node) for node in nodes}


def read_catalogue(path: Path, language: str) -> Catalog:
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as source:
        return read_po(source, locale=language)


def updated(old: Catalog, texts: list[Text], language: str) -> Catalog:
    """The catalogue of exactly these texts, with what was translated before."""
    new = Catalog(locale=language)
    for text in texts:
        known = old.get(text.id, text.context or None)
        string = known.string if known is not None and _same_shape(known, text) else ""
        flags = (known.flags - {"python-format"}) if known is not None else ()
        new.add(text.id, string, flags=flags, context=text.context or None)
    return new


def _same_shape(known: Message, text: Text) -> bool:
    return isinstance(known.id, tuple | list) == bool(text.plural)


def as_po(catalogue: Catalog) -> bytes:
    """The file's bytes: a header that never changes, then the messages in alphabetical order."""
    body = io.BytesIO()
    write_po(body, catalogue, width=120, no_location=True, omit_header=True, sort_output=True)
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale}\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + body.getvalue().strip() + b"\n"


def faults(catalogue: Catalog, texts: list[Text]) -> Iterator[str]:
    """What is wrong with a catalogue, a line each."""
    wanted = {(text.id, text.context or None) for text in texts}
    present = {(_id(message), message.context) for message in catalogue if message.id}
    yield from (f"missing: {id_!r}" for id_, _context in sorted(wanted - present, key=repr))
    yield from (f"unused: {id_!r}" for id_, _context in sorted(present - wanted, key=repr))
    for message in catalogue:
        if not message.id:
            continue
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        if not all(forms):
            yield f"not translated: {_id(message)!r}"
        if message.fuzzy:
            yield f"fuzzy: {_id(message)!r}"
        yield from (f"places differ: {_id(message)!r} → {form!r}" for form in forms if form and _differs(message, form))


def _differs(message: Message, form: str) -> bool:
    """Whether a translation's %(places)s are not those of the message; one form may leave its number out («jeden»)."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    have = sorted(PLACE.findall(form))
    return all(have != sorted(PLACE.findall(id_)) for id_ in ids)


def _id(message: Message) -> str | tuple[str, ...]:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; end with 1 if something is wrong")
    parser.add_argument("folders", nargs="*", type=Path, help="only these folders' catalogues")
    chosen = parser.parse_args()
    only = {folder.resolve() for folder in chosen.folders}
    wrong = 0
    for folder, texts in sorted(texts_by_folder().items()):
        if only and folder not in only:
            continue
        for language in LANGUAGES:
            path = folder / "locale" / f"{language}.po"
            catalogue = read_catalogue(path, language)
            if not chosen.check:
                catalogue = updated(catalogue, texts, language)
                content = as_po(catalogue)
                if not path.exists() or path.read_bytes() != content:
                    path.parent.mkdir(exist_ok=True)
                    path.write_bytes(content)
            for fault in faults(catalogue, texts):
                wrong += 1
                print(f"{path.relative_to(ROOT)}: {fault}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
