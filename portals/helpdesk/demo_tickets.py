"""What a demonstration's tickets say. All invented."""

from typing import Final

import msgspec

from portals.helpdesk.model import Value


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of ticket: `category` by its key in demo.py; `kinds` of devices; `details` of the category."""

    category: str
    text: str
    kinds: tuple[str, ...] = ()
    answer: str = ""
    question: str = ""
    note: str = ""
    details: dict[str, Value] = {}
    urgency: int | None = None
    impact: int | None = None
    minutes: int = 15
    source: str = "form"


STORIES: Final = (
    Story(
        category="device",
        text="Laptop nie włącza się po weekendzie\n\nDioda zasilania mruga na pomarańczowo, ekran zostaje czarny.",
        kinds=("laptop",),
        question="Czy po odłączeniu zasilacza i przytrzymaniu przycisku przez 15 sekund laptop reaguje?",
        answer="Wymieniliśmy zasilacz, laptop działa. Stary zasilacz proszę oddać do sekretariatu.",
        note="Zasilacz 45 W z tej samej partii co w SP 8. @helpdesk.anna zamawiamy dziesięć na zapas?",
        details={"symptom": "Nie włącza się"},
        minutes=35,
        source="qr",
    ),
    Story(
        category="device",
        text="Projektor w sali gaśnie po kilku minutach\n\nPokazuje komunikat o temperaturze i wyłącza się na lekcji.",
        kinds=("projector",),
        answer="Filtr był zatkany, wyczyściliśmy go i sprawdziliśmy przez godzinę. Dziękujemy za zdjęcie komunikatu.",
        note="Filtry w całej szkole nieczyszczone od roku, wpisać do planu przeglądów.",
        details={"symptom": "Działa z przerwami"},
        urgency=3,
        minutes=50,
        source="qr",
    ),
    Story(
        category="device",
        text="Klawiatura w laptopie nie pisze liter z prawej strony",
        kinds=("laptop",),
        question="Jaki numer ma naklejka z kodem na spodzie laptopa?",
        answer="Laptop jedzie do serwisu gwarancyjnego, na ten czas dostarczyliśmy zastępczy.",
        details={"symptom": "Uszkodzony mechanicznie"},
        minutes=25,
    ),
    Story(
        category="device",
        text="Bateria trzyma niecałe pół godziny, na trzeciej lekcji laptop gaśnie",
        kinds=("laptop",),
        answer="Bateria wymieniona. Proszę nie zostawiać laptopa podłączonego przez całe ferie.",
        details={"symptom": "Działa z przerwami"},
        minutes=30,
        source="qr",
    ),
    Story(
        category="printer",
        text="Drukarka drukuje białe kartki\n\nToner wymieniony wczoraj, wydruk testowy też jest pusty.",
        kinds=("printer",),
        answer="Na tonerze została folia zabezpieczająca. Usunięta, drukuje.",
        minutes=10,
    ),
    Story(
        category="printer",
        text="Zacina się papier w drukarce sekretariatu, a jutro świadectwa",
        kinds=("printer",),
        question="Z którego podajnika jest papier i czy to zwykłe A4?",
        answer="Wymienione rolki podajnika. Przy świadectwach proszę używać podajnika ręcznego.",
        urgency=3,
        impact=2,
        minutes=40,
    ),
    Story(
        category="printer",
        text="Prosimy o toner do drukarki w pokoju nauczycielskim",
        kinds=("printer",),
        answer="Dwa tonery wysłane kurierem wewnętrznym, będą jutro przed ósmą.",
        urgency=1,
        minutes=5,
        source="mail",
    ),
    Story(
        category="network",
        text="W sali 23 nie ma internetu\n\nWi-Fi widać, ale strony się nie otwierają. W sali obok działa.",
        kinds=("access_point",),
        question="Czy na laptopie widać wykrzyknik przy ikonie sieci?",
        answer="Punkt dostępowy zawiesił się po aktualizacji, zrestartowaliśmy go zdalnie i działa.",
        note="Trzeci raz w tym miesiącu na tym modelu. Zgłoszone do dostawcy, zob. wątek z oprogramowaniem.",
        details={"where": "Sala 23", "wired": False},
        impact=2,
        urgency=3,
        minutes=20,
    ),
    Story(
        category="network",
        text="Bardzo wolny internet na wszystkich laptopach od rana",
        kinds=("access_point",),
        answer="Aktualizacje systemu pobierały się na wszystkich laptopach naraz. Przesunęliśmy je na noc.",
        details={"where": "Cała szkoła", "wired": False},
        impact=2,
        minutes=60,
    ),
    Story(
        category="access",
        text="Nie mogę zalogować się do dziennika po powrocie z urlopu",
        question="Czy widzi Pani komunikat o wygasłym haśle?",
        answer="Konto było zablokowane po pięciu próbach. Odblokowane, hasło tymczasowe przekazane telefonicznie.",
        details={"system": "Dziennik", "since": "2026-11-23"},
        minutes=10,
        source="phone",
    ),
    Story(
        category="access",
        text="Proszę o dostęp do programu księgowego dla nowej pracownicy",
        answer="Dostęp nadany, instrukcja pierwszego logowania jest w poczcie.",
        details={"system": "Program księgowy"},
        urgency=1,
        minutes=15,
    ),
    Story(
        category="mail",
        text="Nie dochodzi poczta z zewnątrz\n\nWewnątrz urzędu działa, od mieszkańców od wczoraj nic nie przyszło.",
        answer="Skrzynka była pełna. Podnieśliśmy limit do 20 GB, zaległe listy już spływają.",
        urgency=3,
        minutes=25,
        source="phone",
    ),
    Story(
        category="mail",
        text="Podejrzany list z prośbą o podanie hasła, nie klikałam w odnośnik",
        answer="Bardzo dobrze! To próba wyłudzenia, zablokowaliśmy nadawcę dla całego urzędu.",
        note="Ten sam nadawca u ośmiu osób, reguła dodana na bramie.",
        minutes=20,
        source="mail",
    ),
    Story(
        category="other",
        text="Prosimy o pomoc w nagłośnieniu apelu w piątek o 10:00",
        answer="Będziemy o 9:15 z dwoma mikrofonami.",
        urgency=1,
        minutes=90,
    ),
    Story(
        category="other",
        text="Jak podłączyć drugi monitor w nowym gabinecie?",
        kinds=("monitor",),
        answer="Przejściówka leży w sekretariacie, po podłączeniu trzeba nacisnąć Windows+P i wybrać «Rozszerz».",
        minutes=10,
    ),
)

INCIDENT: Final = "Awaria łącza w szkołach przy Szczecińskiej: brak internetu i telefonów"
INCIDENT_TEXT: Final = (
    "Operator potwierdził uszkodzenie światłowodu przy budowie ronda. Brygada na miejscu, "
    "przewidywany koniec około 13:00."
)
INCIDENT_DONE: Final = (
    "Światłowód zespawany, łącza wróciły. Prosimy o sprawdzenie i odpowiedź, jeśli coś nadal nie działa."
)
CHILDREN: Final = (
    "Nie działa internet w całej szkole",
    "Głuchy telefon w sekretariacie, internetu też nie ma",
    "Dziennik się nie otwiera, czy to awaria?",
)
THANKS: Final = ("Dziękuję, działa!", "Super, bardzo szybko.", "Działa, dziękujemy w imieniu klasy 7a.", "")
AGAIN: Final = "Niestety po dwóch lekcjach znowu to samo."
FROM_STRANGER: Final = (
    "Zuzanna Morawska",
    "zuzanna.morawska@dostawca.example",
    "Prośba o dane do faktury za serwis drukarek\n\nDzień dobry, potrzebuję numeru zamówienia do faktury za listopad.",
)
CANNED: Final = (
    (
        "Prośba o numer z naklejki",
        (
            "Dzień dobry,\n\nprosimy o numer z naklejki z kodem (na spodzie laptopa lub z boku projektora). "
            "Dzięki niemu od razu wiemy, jaki to model i czy jest na gwarancji.\n\n{agent}"
        ),
    ),
    (
        "Zamykamy, gdy działa",
        (
            "Dzień dobry,\n\nsprawa {number} wygląda na rozwiązaną. Jeśli coś nadal nie działa, wystarczy odpisać: "
            "{link}\n\n{agent}"
        ),
    ),
    (
        "Restart laptopa",
        (
            "Dzień dobry,\n\nprosimy: 1. odłączyć zasilacz, 2. przytrzymać przycisk zasilania 15 sekund, 3. podłączyć "
            "zasilacz i włączyć. Jeśli urządzenie {device} nadal nie startuje, prosimy o odpowiedź.\n\n{agent}"
        ),
    ),
    (
        "Sprzęt w serwisie",
        (
            "Dzień dobry,\n\nurządzenie {device} z {unit} jest w serwisie. Zwykle trwa to 7 dni roboczych; na ten czas "
            "możemy dostarczyć zastępcze.\n\n{agent}"
        ),
    ),
)
