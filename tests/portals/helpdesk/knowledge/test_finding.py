"""Finding and offering articles: stems, parts of words, typing errors, who sees what."""

import pytest

from app.errors import NotFound
from portals.helpdesk.knowledge import actions, finding
from tests.portals.helpdesk.desk import AGENT, AUDITOR, LEAD, NUMBER, STRANGER, TEACHER, Desk
from tests.portals.helpdesk.knowledge.shelf import Shelf


@pytest.fixture
async def shelf(database):
    found = Shelf(await Desk.set(database))
    await found.publish(
        "Drukarka nie drukuje",
        "## Co zrobić\n\n1. Sprawdź, czy świeci się **zielona** lampka.\n2. Wyjmij zacięty papier.",
        lead="Najczęściej pomaga wyczyszczenie kolejki wydruku.",
        keywords=["toner", "wydruk"],
        category_id=found.desk.broken,
    )
    await found.publish(
        "Wi-Fi w szkole na laptopie",
        "Wybierz sieć bezprzewodową i podaj adres służbowy oraz hasło.",
        keywords=["eduroam", "internet", "sieć bezprzewodowa"],
    )
    await found.publish(
        "Projektor nie pokazuje obrazu",
        "Naciśnij klawisze Windows i P. Sprawdź kabel HDMI oraz sieć zasilającą.",
        keywords=["rzutnik", "HDMI"],
    )
    await found.publish("Reset hasła administratora", "Tylko dla nas: konsola, konto, hasło.", audience="agents")
    return found


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("drukarki nie drukują", "Drukarka nie drukuje"),
        ("drukarkę", "Drukarka nie drukuje"),
        ("wydrukami z tonerem", "Drukarka nie drukuje"),
        ("drukarek w sekretariacie", "Drukarka nie drukuje"),
        ("zielonej lampki", "Drukarka nie drukuje"),
        ("zacieta kartka papieru", "Drukarka nie drukuje"),
        ("wifi", "Wi-Fi w szkole na laptopie"),
        ("wi-fi laptopy", "Wi-Fi w szkole na laptopie"),
        ("siecia bezprzewodowa", "Wi-Fi w szkole na laptopie"),
        ("rzutniki", "Projektor nie pokazuje obrazu"),
        ("projektorów", "Projektor nie pokazuje obrazu"),
    ],
)
async def test_stems_meet(shelf, words, title):
    assert (await shelf.found(words))[0] == title


@pytest.mark.parametrize(
    ("words", "title", "meant"),
    [
        ("drukrka", "Drukarka nie drukuje", "drukarka"),
        ("durkarka", "Drukarka nie drukuje", "drukarka"),
        ("eduraom", "Wi-Fi w szkole na laptopie", "eduroam"),
        ("projketor", "Projektor nie pokazuje obrazu", "projektor"),
        ("tonre", "Drukarka nie drukuje", "toner"),
    ],
)
async def test_typing_errors_are_forgiven_and_said(shelf, words, title, meant):
    result = await finding.search(shelf.database, TEACHER, shelf.analyser, words)
    assert result.articles[0].article.title == title
    assert result.instead == {words: meant}


@pytest.mark.parametrize("words", ["druk", "drukar", "przewod", "edur"])
async def test_parts_of_words_are_found(shelf, words):
    assert await shelf.found(words)


async def test_hits_are_marked(shelf):
    result = await finding.search(shelf.database, TEACHER, shelf.analyser, "drukarkami zielonego")
    best = result.articles[0]
    assert [one.text for one in best.title if one.hit] == ["Drukarka"]
    assert [one.text for one in best.snippet if one.hit] == ["zielona"]
    assert "**" not in "".join(one.text for one in best.snippet)


@pytest.mark.parametrize(
    "words", ["", "  ", "nie i w", "!!!", "żyrafa", "qqqqq", "%_%", "'; DROP TABLE ticket; --", "🦒"]
)
async def test_nothing_is_found_for_nothing(shelf, words):
    assert await shelf.found(words) == []


async def test_what_is_for_agents_is_found_by_them_alone(shelf):
    assert "Reset hasła administratora" in await shelf.found("reset hasła", AGENT)
    assert "Reset hasła administratora" in await shelf.found("reset hasła", AUDITOR)
    assert "Reset hasła administratora" not in await shelf.found("reset hasła", TEACHER)
    # neither do its words leak as a correction
    result = await finding.search(shelf.database, TEACHER, shelf.analyser, "administartora")
    assert (result.articles, result.instead) == ([], {})
    result = await finding.search(shelf.database, AGENT, shelf.analyser, "administartora")
    assert result.instead == {"administartora": "administratora"}
    with pytest.raises(NotFound):
        await shelf.found("drukarka", STRANGER)


async def test_the_best_three_are_offered_and_nothing_far_fetched(shelf):
    assert await shelf.offered("Od rana drukarki w pokoju nauczycielskim nie drukują, pali się czerwona lampka") == [
        "Drukarka nie drukuje"
    ]
    assert (await shelf.offered("rzutnik w sali 12 nie pokazuje obrazu z laptopa"))[
        0
    ] == "Projektor nie pokazuje obrazu"
    assert await shelf.offered("Proszę o nowy fotel do gabinetu") == []
    assert await shelf.offered("") == []
    assert "Reset hasła administratora" not in await shelf.offered("reset hasła administratora")
    for number in range(5):
        await shelf.publish(f"Drukarka sieciowa {number}", "Opis")
    assert len(await shelf.offered("drukarka sieciowa")) == 3


async def test_section_and_device_decide_between_equals(shelf):
    async with shelf.database.transaction() as tx:
        model = await tx.value("SELECT model_id FROM device WHERE id = $1", shelf.desk.device)
    await shelf.publish("Skaner w urządzeniu A", "Skanowanie")
    await shelf.publish("Skaner w urządzeniu B", "Skanowanie", category_id=shelf.desk.access)
    await shelf.publish("Skaner w urządzeniu C", "Skanowanie", models=[model])
    assert (await shelf.offered("skaner", category_id=shelf.desk.access))[0] == "Skaner w urządzeniu B"
    assert (await shelf.offered("skaner", label=NUMBER))[0] == "Skaner w urządzeniu C"
    # the device alone: what is known of its model
    assert await shelf.offered("coś dziwnego", label=NUMBER) == ["Skaner w urządzeniu C"]
    assert await shelf.offered("skaner", label="999") != []


async def test_withdrawn_and_changed_articles(shelf):
    row = await shelf.publish("Klawiatura ekranowa", "Jak włączyć")
    assert await shelf.found("klawiatury") == ["Klawiatura ekranowa"]
    row = await shelf.save(row, title="Lupa ekranowa", text="Jak włączyć")
    assert await shelf.found("lupa") == []  # a draft is not found
    assert await shelf.found("klawiatury") == ["Klawiatura ekranowa"]
    row = await actions.publish(shelf.database, LEAD, shelf.analyser, row.id, row.latest)
    assert await shelf.found("lupy") == ["Lupa ekranowa"]
    assert await shelf.found("klawiatury") == []
    await actions.withdraw(shelf.database, LEAD, row.id)
    assert await shelf.found("lupy") == []


async def test_articles_beside_a_ticket(shelf):
    ticket = await shelf.desk.send("Drukarka w sekretariacie nie drukuje\n\nŚwieci się lampka.")
    offered = await finding.suggest_for_ticket(shelf.database, AGENT, shelf.analyser, ticket.id)
    assert [(one.title, one.path, one.inside) for one in offered.articles] == [
        ("Drukarka nie drukuje", offered.articles[0].path, False)
    ]
    ticket = await shelf.desk.send("Proszę o reset hasła")
    offered = await finding.suggest_for_ticket(shelf.database, AGENT, shelf.analyser, ticket.id)
    assert offered.articles[0].inside
    with pytest.raises(NotFound):
        await finding.suggest_for_ticket(shelf.database, TEACHER, shelf.analyser, ticket.id)


async def test_near_articles(shelf):
    await shelf.publish("Drukarka drukuje puste kartki", "Toner", category_id=shelf.desk.broken)
    async with shelf.database.transaction(readonly=True) as tx:
        first = next(one for _section, found in await finding.sections(tx, TEACHER) for one in found if one.lead)
        near = await finding.related(tx, shelf.analyser, first, inside=False)
    assert [one.title for one in near] == ["Drukarka drukuje puste kartki"]
