"""Every text of every folder is there in every language, whole, and says the same places. `tools/messages.py` mends."""

from collections import defaultdict

import pytest

from tools.messages import LANGUAGES, ROOT, faults, python_texts, read_catalogue, texts_by_folder, updated

pytestmark = pytest.mark.xdist_group("translations")  # sources are read once


@pytest.fixture(scope="module")
def texts():
    """What each folder says."""
    return texts_by_folder()


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_are_complete(texts, language):
    assert len(texts) > 30
    found = {
        str(folder.relative_to(ROOT)): list(
            faults(read_catalogue(folder / "locale" / f"{language}.po", language), said)
        )
        for folder, said in texts.items()
    }
    assert {folder: wrong for folder, wrong in found.items() if wrong} == {}


def test_no_catalogue_without_text(texts):
    found = {
        path.parent.parent
        for layer in ROOT.iterdir()
        if layer.name in {"app", "media", "realtime", "portals", "schools"}
        for path in layer.rglob("locale/*.po")
    }
    assert found <= set(texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_message_is_the_same_everywhere(texts, language):
    """Catalogues are merged: what must differ takes a context (pgettext)."""
    said = defaultdict(set)
    for folder in texts:
        for message in read_catalogue(folder / "locale" / f"{language}.po", language):
            if message.id:
                said[message.context, str(message.id)].add(str(message.string))
    assert {key: texts for key, texts in said.items() if len(texts) > 1} == {}


def test_the_check_can_fail(texts):
    folder = min(texts)
    said = texts[folder]
    catalogue = updated(read_catalogue(folder / "locale" / "pl.po", "pl"), said, "pl")
    assert list(faults(catalogue, said)) == []
    catalogue.add("Nobody says this", "Nikt tak nie mówi")
    message = next(message for message in catalogue if message.id and "%(" not in str(message.id))
    message.string = "%(surprise)s"
    message.flags.add("fuzzy")
    kinds = {fault.partition(":")[0] for fault in faults(catalogue, said)}
    assert kinds == {"unused", "places differ", "fuzzy"}
    assert any(fault.startswith("missing") for fault in faults(read_catalogue(folder / "none.po", "pl"), said))


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
