"""The other half of a demonstration's articles: networks, accounts, mail, new equipment. All invented."""

from typing import Final

from portals.helpdesk.knowledge.demo_articles import ACCOUNT, MAIL, NETWORK, NEW, Sample

SERVICES: Final = (
    Sample(
        title="Wi-Fi w szkole: jak połączyć laptop i telefon",
        lead="Sieć nazywa się MIASTO-SZKOLY, loguje się do niej służbowym adresem e-mail i hasłem do poczty.",
        section=NETWORK,
        keywords=("wifi", "eduroam", "internet", "sieć bezprzewodowa", "hotspot", "MIASTO-SZKOLY"),
        kinds=("laptop", "tablet", "access_point"),
        reads=212,
        yes=38,
        no=4,
        spared=17,
        missing="Przydałby się obrazek z ustawieniami na iPhonie.",
        later=(
            "Na telefonie z Androidem",
            "Na telefonie z Androidem 11 lub nowszym",
            "Android 10 nie pokazuje pola «Domena», dopisano wersję",
        ),
        text="""Ta sama sieć działa we wszystkich szkołach i przedszkolach. Kto raz się połączył, w innej
szkole nie musi już nic robić.

## Laptop z Windows

1. Kliknij ikonę sieci w prawym dolnym rogu ekranu i wybierz **MIASTO-SZKOLY**.
2. Zaznacz *Połącz automatycznie* i kliknij **Połącz**.
3. Podaj pełny służbowy adres e-mail (z tym, co po znaku @) i hasło do poczty.
4. Gdy pojawi się pytanie o certyfikat, sprawdź, że kończy się na `szkoly.example.pl`, i kliknij **Połącz**.

## Telefon lub tablet

Na telefonie z Androidem wybierz metodę EAP **PEAP**, certyfikat **Użyj certyfikatów systemowych** i domenę
`szkoly.example.pl`. Pole *Tożsamość* to adres e-mail, pole *Tożsamość anonimowa* zostaje puste.

Na iPhonie wystarczy adres, hasło i **Ufaj** przy certyfikacie.

## Łączy się, ale strony się nie otwierają

- Zapomnij sieć i połącz się jeszcze raz: stare hasło zostaje w pamięci urządzenia.
- Sprawdź datę i godzinę. Przy złej dacie certyfikat jest odrzucany.
- Gdy kolega obok też nie ma internetu, to nie Twój laptop: zgłoś awarię i podaj numer sali.

## Hasło się zmieniło

Po zmianie hasła do poczty urządzenie przestaje się łączyć. Wpisz nowe hasło w ustawieniach tej sieci.
""",
    ),
    Sample(
        title="Zapomniane hasło do komputera i poczty",
        lead="Nowe hasło ustawisz przez stronę z telefonu, jeżeli masz zapisany numer; inaczej pomoże sekretariat.",
        section=ACCOUNT,
        keywords=("reset hasła", "logowanie", "zablokowane konto", "nie mogę się zalogować", "hasło wygasło"),
        reads=241,
        yes=44,
        no=7,
        spared=26,
        missing="Co zrobić, gdy zmieniłam numer telefonu?",
        later=(
            "Kod jest ważny przez 10 minut.",
            "Kod jest ważny przez 10 minut. Gdy nie przychodzi, sprawdź w sekretariacie, jaki numer jest zapisany.",
            "Odpowiedź na uwagę czytelniczki o zmienionym numerze",
        ),
        text="""Hasło do komputera, poczty i Wi-Fi jest jedno. Po zmianie działa wszędzie w ciągu kilku minut.

## Masz zapisany numer telefonu

1. Na stronie logowania do poczty kliknij **Nie pamiętam hasła**.
2. Podaj służbowy adres e-mail i przepisz kod z SMS-a. Kod jest ważny przez 10 minut.
3. Wymyśl hasło z co najmniej 12 znaków. Trzy niepowiązane słowa są lepsze niż jedno z cyframi.

## Nie masz zapisanego numeru

Przyjdź do sekretariatu z dokumentem. Sekretariat zgłasza to za Ciebie, a nowe hasło dostajesz do ręki.
**Nigdy nie podajemy hasła przez telefon ani w e-mailu.**

## Konto zablokowane po kilku próbach

Blokada mija sama po 15 minutach. Jeżeli znowu się blokuje, telefon albo drugi komputer pewnie loguje się starym hasłem.
""",
    ),
    Sample(
        title="Poczta służbowa w telefonie",
        lead="Aplikacja Outlook, służbowy adres i hasło; telefon musi mieć blokadę ekranu.",
        section=MAIL,
        keywords=("e-mail", "outlook", "telefon", "komórka", "synchronizacja", "IMAP"),
        reads=121,
        yes=27,
        no=5,
        spared=11,
        text="""## Zanim zaczniesz

Telefon musi mieć blokadę ekranu: kod, odcisk palca albo twarz. Bez niej poczta się nie włączy.

## Android i iPhone

1. Zainstaluj aplikację **Microsoft Outlook** ze sklepu telefonu.
2. Wybierz **Dodaj konto**, wpisz służbowy adres e-mail.
3. Na następnej stronie podaj hasło do komputera.
4. Zgódź się na wymagania bezpieczeństwa: to tylko blokada ekranu i możliwość usunięcia *poczty* z telefonu.

## Listy nie przychodzą

- Wyłącz oszczędzanie baterii dla Outlooka.
- Po zmianie hasła otwórz aplikację i wpisz nowe.
- Pełna skrzynka nie przyjmuje listów. Opróżnij *Elementy usunięte*.

## Zgubiony telefon

Zadzwoń od razu, także po godzinach. Pocztę z telefonu usuwamy zdalnie, zdjęć i prywatnych rzeczy nie ruszamy.
""",
    ),
    Sample(
        title="Dziennik bez internetu: jak sprawdzić obecność, gdy sieć nie działa",
        lead="Otwarta lekcja działa dalej: zaznaczaj normalnie, dziennik wyśle wszystko sam.",
        section=ACCOUNT,
        keywords=("dziennik elektroniczny", "offline", "obecność", "frekwencja", "brak sieci", "praca bez sieci"),
        reads=143,
        yes=29,
        no=2,
        spared=13,
        text="""## Co działa bez sieci

- Lekcja, która była otwarta chociaż raz tego dnia na tym komputerze.
- Obecności, spóźnienia i temat. Komórki, które czekają na wysłanie, są **zakreskowane**.
- Przeglądanie planu na dziś.

## Czego nie robić

- Nie zamykaj karty z dziennikiem, dopóki są zakreskowane komórki.
- Nie wpisuj tego samego z drugiego komputera «na zapas».

## Sieć wróciła

Po kilku sekundach kreski znikają. Gdy ktoś inny w tym czasie zmienił tę samą komórkę, zobaczysz obie wartości
i wybierzesz.

## Kreski nie znikają

1. Otwórz w drugiej karcie dowolną stronę. Jeśli się nie otwiera, sieci nadal nie ma.
2. Jeśli się otwiera, wciśnij **F5** na stronie dziennika. Zapisane obecności przetrwają odświeżenie.
3. Gdy to nie pomaga, zostaw kartę otwartą i zgłoś to jako pilne.
""",
    ),
    Sample(
        title="Podejrzany list: co zrobić, zanim się kliknie",
        lead="Nie klikaj, nie odpowiadaj, przekaż jako załącznik do pomocy.",
        section=MAIL,
        keywords=("phishing", "oszustwo", "wirus", "załącznik", "spam", "link"),
        reads=96,
        yes=18,
        no=1,
        spared=3,
        text="""## Po czym poznać

- Pośpiech i groźba: «konto zostanie usunięte dziś o 16».
- Adres, który tylko wygląda znajomo. Najedź myszą na nazwisko nadawcy, a pojawi się prawdziwy.
- Faktura, na którą nikt nie czeka, z plikiem `.zip`, `.html` albo prośbą o włączenie makr.

## Co zrobić

1. Nie klikaj w linki i nie otwieraj załącznika.
2. W Outlooku wybierz **Zgłoś → Zgłoś wyłudzenie informacji**.
3. Usuń list.

## Kliknięte i podane hasło

Nic się nie stanie za przyznanie się. Liczą się minuty:

1. Zmień hasło od razu z innego urządzenia.
2. Zadzwoń do nas, nie pisz: napastnik może czytać skrzynkę.
3. Zostaw komputer włączony, odłącz go od sieci.
""",
    ),
    Sample(
        title="Internet działa wolno",
        lead="Sprawdź, czy wolno jest wszędzie czy tylko u Ciebie, i czy to na pewno internet.",
        section=NETWORK,
        keywords=("wolne łącze", "zrywa", "speedtest", "światłowód", "prędkość"),
        reads=104,
        yes=14,
        no=11,
        spared=9,
        missing="Po tych krokach dalej wolno, a nie wiem, co mam zgłosić.",
        review_days=-6,
        text="""## U wszystkich czy tylko u Ciebie?

Zapytaj w sąsiedniej sali. Jeśli wolno jest wszędzie, to sprawa dla nas: sprawdź, czy awaria nie jest już ogłoszona na
stronie zgłoszeń.

## Tylko u Ciebie

1. Podłącz kabel, jeżeli jest gniazdko. Gdy po kablu jest szybko, chodzi o Wi-Fi.
2. Zamknij kopiowanie zdjęć do chmury: w szkole na jednym łączu jest kilkaset urządzeń.
3. Uruchom laptop ponownie. Aktualizacje Windows pobierają się w tle.

## Co napisać w zgłoszeniu

- która sala i godzina,
- kabel czy Wi-Fi,
- co jest wolne: jedna strona czy wszystkie.
""",
    ),
    Sample(
        title="Jak poprosić o nowy laptop albo inny sprzęt",
        lead="Formularz «Nowy sprzęt»; zgodę daje kierownik jednostki, potem sprawdzamy magazyn.",
        section=NEW,
        keywords=("zakup", "wypożyczenie", "zamówienie", "monitor", "mysz", "klawiatura"),
        reads=52,
        yes=9,
        no=1,
        spared=4,
        text="""1. Wybierz **Zgłoś problem → Nowy sprzęt** i napisz, do czego jest potrzebny.
2. Kierownik jednostki dostaje pytanie o zgodę. Bez niej niczego nie zamawiamy.
3. Sprawdzamy magazyn. Używany laptop jest zwykle w ciągu tygodnia, zakup trwa do sześciu tygodni.
4. Sprzęt przywozimy z naklejką i protokołem.

| Co | Na kiedy | Kto się zgadza |
| --- | --- | --- |
| Mysz, klawiatura, kabel | następny dzień | nikt, wystarczy zgłosić |
| Laptop lub monitor z magazynu | tydzień | kierownik jednostki |
| Zakup nowego | do sześciu tygodni | kierownik i wydział |

Na zastępstwo do trzech dni laptop wypożycza sekretariat z szafy, bez zgłoszenia.
""",
    ),
    Sample(
        title="Access point: wymiana i wpis do kontrolera",
        lead="Kolejność: ewidencja, kontroler, montaż. Bez wpisu w ewidencji punkt nie dostanie adresu.",
        section=NETWORK,
        keywords=("AP", "kontroler", "VLAN", "PoE", "punkt dostępowy"),
        kinds=("access_point",),
        audience="agents",
        reads=23,
        yes=5,
        text="""## Przed wyjazdem

1. Nowy punkt wpisz do ewidencji z adresem MAC i szkołą. Sieć przydziela adres na podstawie tego wpisu.
2. W kontrolerze adoptuj go do grupy szkoły i ustaw kanał jak w starym.

## Na miejscu

1. Zdejmij stary, zapisz numer portu przełącznika.
2. Port ma mieć PoE+ i VLAN-y 20 (szkoła) oraz 30 (goście).
3. Poczekaj, aż lampka będzie świecić na niebiesko bez mrugania: do sześciu minut.
4. Zrób test z telefonu w najdalszej sali, którą punkt obsługuje.

## Po powrocie

Stary punkt w ewidencji: stan *w naprawie* albo *złom*, nigdy *w użyciu*.
""",
    ),
    Sample(
        title="Zablokowane konto po odejściu z pracy: co robi pomoc",
        lead="Konto blokujemy w dniu odejścia, skrzynka czeka 30 dni na przekazanie.",
        section=ACCOUNT,
        keywords=("odejście", "blokada", "skrzynka", "przekierowanie"),
        audience="agents",
        draft=True,
        text="""1. Zgłoszenie przychodzi od kadr, nie od samej osoby.
2. Konto blokujemy o północy ostatniego dnia, sesje kończymy od razu.
3. Skrzynkę udostępniamy kierownikowi jednostki na 30 dni, tylko do odczytu.
4. Sprzęt zdaje się w sekretariacie, w ewidencji zmienia się osoba i sala.
""",
    ),
)
