"""The demonstration's articles are what its people find."""

import pytest

from portals.helpdesk.knowledge.demo_articles import DEVICES
from portals.helpdesk.knowledge.demo_services import SERVICES
from tests.portals.helpdesk.desk import Desk
from tests.portals.helpdesk.knowledge.shelf import Shelf

WRITTEN = {
    "rzutnik w sali nie pokazuje obrazu": "Projektor nie pokazuje obrazu",
    "nie mogę się zalogować, zapomniałam hasła": "Zapomniane hasło do komputera i poczty",
    "drukarka nie drukuje": "Drukarka nie drukuje, chociaż jest włączona",
    "zacięła się kartka w drukarce": "Zacięty papier: jak wyjąć kartkę i nie uszkodzić drukarki",
    "jak podłączyć telefon do wifi": "Wi-Fi w szkole: jak połączyć laptop i telefon",
    "laptop szybko się rozładowuje": "Bateria w laptopie trzyma krótko",
    "dostałam dziwny e-mail z załącznikiem zip": "Podejrzany list: co zrobić, zanim się kliknie",
    "brak internetu a muszę sprawdzić obecność": "Dziennik bez internetu: jak sprawdzić obecność, gdy sieć nie działa",
    "tablica nie reaguje na pisak": "Tablica interaktywna nie reaguje na pisak",
    "na lekcji online nie słychać mnie, mikrofon nie działa": "Kamera i mikrofon w spotkaniu nie działają",
}
"""What people would write, and what they should be offered."""


async def test_what_people_would_write_is_answered(database):
    shelf = Shelf(await Desk.set(database))
    for one in (*SERVICES, *DEVICES):
        if not one.draft:
            more = {"lead": one.lead, "keywords": list(one.keywords), "audience": one.audience}
            await shelf.publish(one.title, one.text, **more)
    offered = {words: await shelf.offered(words) for words in WRITTEN}
    assert {words: titles for words, titles in offered.items() if WRITTEN[words] not in titles[:2]} == {}
    assert await shelf.offered("Proszę o klucz do szafy w archiwum") == []


@pytest.mark.slow
async def test_the_demonstration_has_readers_and_ratings(site):
    async with site.client("teacher") as teacher, teacher.get("/api/helpdesk/knowledge") as answer:
        articles = (await answer.json())["articles"]
    assert len(articles) == 14
    assert all(one["reads"] and one["helped"] and one["lead"] for one in articles)
    assert {one["audience"] for one in articles} == {"everyone"}
    async with site.client("helpdesk_agent") as agent, agent.get("/api/helpdesk/knowledge/drafts") as answer:
        drafts = (await answer.json())["articles"]
    assert len(drafts) == 16
    assert [one["latest"] for one in drafts].count(2) == 2
