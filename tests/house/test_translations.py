"""Every text of every folder is there in every language, whole, and says the same places. `tools/messages.py` mends."""

from collections import defaultdict

import pytest

from tools.messages import LANGUAGES, ROOT, faults, python_texts, read_catalogue, texts_by_folder, updated

TEXTS = texts_by_folder()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("folder", sorted(TEXTS), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_catalogue_is_complete(folder, language):
    path = folder / "locale" / f"{language}.po"
    assert list(faults(read_catalogue(path, language), TEXTS[folder])) == []


def test_no_catalogue_without_text():
    found = {
        path.parent.parent
        for layer in ROOT.iterdir()
        if layer.name in {"app", "media", "realtime", "portals", "schools"}
        for path in layer.rglob("locale/*.po")
    }
    assert found <= set(TEXTS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_message_is_the_same_everywhere(language):
    """Catalogues are merged: what must differ takes a context (pgettext)."""
    said = defaultdict(set)
    for folder in TEXTS:
        for message in read_catalogue(folder / "locale" / f"{language}.po", language):
            if message.id:
                said[message.context, str(message.id)].add(str(message.string))
    assert {key: texts for key, texts in said.items() if len(texts) > 1} == {}


def test_the_check_can_fail():
    folder = min(TEXTS)
    texts = TEXTS[folder]
    catalogue = updated(read_catalogue(folder / "locale" / "pl.po", "pl"), texts, "pl")
    assert list(faults(catalogue, texts)) == []
    catalogue.add("Nobody says this", "Nikt tak nie mówi")
    message = next(message for message in catalogue if message.id and "%(" not in str(message.id))
    message.string = "%(surprise)s"
    message.flags.add("fuzzy")
    kinds = {fault.partition(":")[0] for fault in faults(catalogue, texts)}
    assert kinds == {"unused", "places differ", "fuzzy"}
    assert any(fault.startswith("missing") for fault in faults(read_catalogue(folder / "none.po", "pl"), texts))


def test_texts_are_found_where_contracts_say_message_id():
    source = """
class Closed(Conflict):
    title = "It is closed"

def act():
    raise Closed("Come %(when)s", when=1)
    raise Invalid(fields={"name": "Too short"})
    NavItem(label="Sessions", path="/", allow=ANYONE)
    Role(name="clerk", title="Clerk")
    _("Marked")
    ngettext("%(n)s vote", "%(n)s votes", 2)
    pgettext("door", "Open")
    _(variable)
    log("Not for people")
"""
    texts = {(text.context, text.id) for text in python_texts(source)}
    assert texts == {
        ("", "It is closed"),
        ("", "Come %(when)s"),
        ("", "Too short"),
        ("", "Sessions"),
        ("", "Clerk"),
        ("", "Marked"),
        ("", ("%(n)s vote", "%(n)s votes")),
        ("door", "Open"),
    }
