"""What a demonstration's articles say. All invented; addresses and numbers belong to nobody."""

from typing import Final

import msgspec

from portals.helpdesk.knowledge.model import Audience


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """`section`: name of a category; `kinds` of devices whose models it is about; `yes`, `no`: ratings; `draft`: nobody
    has published it; `later`: a second version with what was changed.
    """

    title: str
    lead: str
    text: str
    section: str
    keywords: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    audience: Audience = "everyone"
    reads: int = 0
    yes: int = 0
    no: int = 0
    spared: int = 0
    missing: str = ""
    draft: bool = False
    later: tuple[str, str, str] | None = None
    """Words that are exchanged (old, new), and what is said about it."""
    review_days: int = 150


DEVICE: Final = "Zepsuty sprzęt"
PRINTER: Final = "Drukarka i toner"
NETWORK: Final = "Internet i Wi-Fi"
ACCOUNT: Final = "Konto i hasło"
MAIL: Final = "Poczta"
NEW: Final = "Nowy sprzęt"

DEVICES: Final = (
    Sample(
        title="Projektor nie pokazuje obrazu",
        lead="Najczęściej laptop nie wie, że ma wysyłać obraz: klawisze Windows i P, potem «Duplikuj».",
        section=DEVICE,
        keywords=("rzutnik", "HDMI", "brak sygnału", "ekran", "no signal"),
        kinds=("projector",),
        reads=174,
        yes=41,
        no=3,
        spared=22,
        text="""## Projektor świeci, ale jest niebieski albo pisze «Brak sygnału»

1. Wciśnij na laptopie **Windows + P** i wybierz **Duplikuj**.
2. Wyjmij i włóż kabel HDMI z obu stron. Wtyczka ma wejść do końca.
3. Naciśnij **Source** (Źródło) na pilocie, aż pojawi się HDMI z właściwym numerem.
4. Uruchom laptop ponownie przy podłączonym kablu.

## Projektor nie włącza się

- Sprawdź, czy listwa pod sufitem jest włączona: wyłącznik bywa przy drzwiach sali.
- Lampka świeci na **pomarańczowo**: projektor stygnie. Poczekaj 5 minut i włącz ponownie.
- Lampka świeci na **czerwono**: lampa albo filtr. Nie włączaj więcej, zgłoś to i zrób zdjęcie lampek.

## Obraz jest, nie ma dźwięku

Kliknij głośnik przy zegarze i wybierz urządzenie z nazwą projektora zamiast głośników laptopa.

## Obraz jest krzywy

Pokrętło *Keystone* jest na obudowie nad obiektywem. Nie przesuwaj samego projektora: uchwyt trzyma kalibrację tablicy.
""",
    ),
    Sample(
        title="Drukarka nie drukuje, chociaż jest włączona",
        lead="Wyczyść kolejkę wydruku i sprawdź, czy drukujesz na właściwą drukarkę.",
        section=PRINTER,
        keywords=("kolejka wydruku", "wydruk", "ksero", "wstrzymane", "drukarka offline"),
        kinds=("printer",),
        reads=196,
        yes=33,
        no=6,
        spared=19,
        missing="U mnie nie ma «Otwórz kolejkę», jest tylko «Ustawienia drukarki».",
        text="""## Sprawdź w minutę

1. Czy na drukarce świeci się zielona lampka i nie ma komunikatu o papierze?
2. Czy w oknie drukowania wybrana jest **ta** drukarka, a nie *Microsoft Print to PDF*?
3. Czy kabel sieciowy z tyłu mruga? Jeśli nie, wyjmij go i włóż ponownie.

## Wyczyść kolejkę wydruku

Jeden uszkodzony dokument zatrzymuje wszystkie za nim.

1. **Start → Ustawienia → Bluetooth i urządzenia → Drukarki i skanery**.
2. Kliknij drukarkę, potem **Otwórz kolejkę wydruku**.
3. Z menu trzech kropek wybierz **Anuluj wszystko**.
4. Wyłącz drukarkę, policz do dziesięciu, włącz.
5. Wydrukuj jedną stronę na próbę.

## Drukarka jest «offline»

W oknie kolejki, w menu **Drukarka**, odznacz *Użyj drukarki w trybie offline*.

## Dalej nic

Zgłoś to i podaj numer z naklejki na drukarce oraz komunikat z wyświetlacza. Zdjęcie wystarczy.
""",
    ),
    Sample(
        title="Zacięty papier: jak wyjąć kartkę i nie uszkodzić drukarki",
        lead="Zawsze zgodnie z kierunkiem papieru, obiema rękami i przy wyłączonej drukarce.",
        section=PRINTER,
        keywords=("zacięcie", "paper jam", "podajnik", "rolki", "kartka"),
        kinds=("printer",),
        reads=88,
        yes=19,
        no=2,
        spared=8,
        text="""1. Wyłącz drukarkę i wyjmij podajnik całkiem.
2. Otwórz przednią klapę i wyjmij toner. Połóż go na kartce, nie na biurku.
3. Chwyć papier **obiema rękami** i ciągnij powoli w kierunku, w którym szedł.
4. Zajrzyj pod tylną klapę: urwany róg zostaje zwykle tam.
5. Włóż toner, zamknij klapy, włącz drukarkę.

## Żeby się nie powtarzało

- Przekartkuj ryzę, zanim ją włożysz. Papier z wilgotnego magazynu skleja się.
- Prowadnice w podajniku mają dotykać papieru, nie ściskać go.
- Świadectwa i gruby papier wkładaj do podajnika ręcznego, po jednej sztuce.

Gdy papier zacina się trzy razy dziennie, rolki są zużyte. Zgłoś to, wymienimy je na miejscu.
""",
    ),
    Sample(
        title="Bateria w laptopie trzyma krótko",
        lead="Sprawdź, co ją zużywa, i jak stara jest bateria; wymiana trwa kwadrans.",
        section=DEVICE,
        keywords=("akumulator", "ładowanie", "zasilacz", "rozładowuje się"),
        kinds=("laptop",),
        reads=67,
        yes=12,
        no=4,
        spared=5,
        text="""## Najpierw ustawienia

1. **Start → Ustawienia → System → Zasilanie i bateria**: tryb *Najlepsza efektywność energetyczna*.
2. W *Użycie baterii* sprawdź, co zużywa najwięcej. Przeglądarka z trzydziestoma kartami to zwykle połowa.
3. Przyciemnij ekran do 60 %.

## Nie ładuje się wcale

- Odłącz zasilacz, przytrzymaj przycisk zasilania przez 15 sekund, podłącz ponownie.
- Spróbuj innego gniazda USB-C: w wielu modelach ładuje tylko jedno, oznaczone błyskawicą.
- Lampka zasilacza nie świeci: zasilacz do wymiany, weź zapasowy z sekretariatu.

## Kiedy bateria jest zużyta

Laptop starszy niż trzy lata, który gaśnie przed czwartą lekcją, kwalifikuje się do wymiany baterii. Zgłoś to z numerem
z naklejki. Wybrzuszonej obudowy **nie ładuj** i nie otwieraj, zgłoś jako pilne.
""",
    ),
    Sample(
        title="Tablica interaktywna nie reaguje na pisak",
        lead="Skalibruj tablicę i sprawdź kabel USB, który idzie do laptopa obok obrazu.",
        section=DEVICE,
        keywords=("tablica multimedialna", "pisak", "kalibracja", "monitor interaktywny", "dotyk"),
        kinds=("board",),
        reads=58,
        yes=13,
        no=2,
        spared=6,
        text="""Obraz i dotyk to dwa osobne kable. Gdy jest obraz, a nie ma dotyku, chodzi prawie zawsze o **USB**.

1. Znajdź przy biurku kabel USB z naklejką *TABLICA* i włóż go do laptopa.
2. Poczekaj 20 sekund. Windows mówi «Konfigurowanie urządzenia».
3. Pisak trafia obok? Otwórz **Kalibracja** z ikony przy zegarze i dotknij pięciu krzyżyków.
4. Monitor interaktywny: przytrzymaj **Input** i wybierz to samo gniazdo co dla obrazu.

Po zamianie projektora lub przesunięciu biurka kalibracja jest potrzebna na nowo.
""",
    ),
    Sample(
        title="Kamera i mikrofon w spotkaniu nie działają",
        lead="Zamknij inne programy z kamerą i pozwól przeglądarce z niej korzystać.",
        section=DEVICE,
        keywords=("teams", "wideokonferencja", "mikrofon", "głośnik", "słuchawki", "kamerka"),
        kinds=("laptop", "computer"),
        reads=71,
        yes=15,
        no=3,
        spared=7,
        text="""1. Sprawdź zasłonkę kamery i klawisz **F8** lub **F10** z przekreśloną kamerą.
2. Zamknij drugi program, który ma kamerę. Tylko jeden naraz może jej używać.
3. W przeglądarce kliknij kłódkę przy adresie i ustaw *Kamera* i *Mikrofon* na **Zezwalaj**.
4. W spotkaniu otwórz **Ustawienia urządzeń** i wybierz mikrofon, którego nazwę znasz.
5. Słuchawki Bluetooth: połącz je **przed** wejściem do spotkania.

## Pogłos i pisk

W jednym pokoju tylko jedna osoba ma włączony mikrofon i głośnik. Reszta słucha z niego.
""",
    ),
    Sample(
        title="Jak skanować do poczty z urządzenia na korytarzu",
        lead="Przyłóż legitymację, wybierz «Skanuj do mnie»: plik przychodzi na służbową skrzynkę.",
        section=PRINTER,
        keywords=("skaner", "skan", "ksero", "PDF", "karta", "legitymacja"),
        kinds=("printer",),
        reads=79,
        yes=16,
        no=2,
        spared=6,
        text="""1. Przyłóż legitymację do czytnika z boku urządzenia.
2. Na ekranie wybierz **Skanuj do mnie**.
3. Wiele kartek wkładaj do podajnika na górze, tekstem do góry.
4. Naciśnij zielony przycisk. PDF przychodzi w ciągu dwóch minut.

## List nie przyszedł

- Skan większy niż 20 MB jest dzielony na kilka listów albo odrzucany. Zmniejsz rozdzielczość do 200 dpi.
- Nowa legitymacja musi być najpierw przypisana: urządzenie pyta o hasło do komputera przy pierwszym użyciu.
""",
    ),
)
