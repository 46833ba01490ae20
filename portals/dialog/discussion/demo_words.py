"""What people say in the demonstration's discussions. All of them are invented."""

from typing import Final, NamedTuple


class Said(NamedTuple):
    """`who`: a key of PEOPLE, or of the demonstration's accounts; «office» speaks for the city."""

    who: str
    text: str
    alignment: int = 0
    replies: tuple["Said", ...] = ()
    endorsed: int = 0


PEOPLE: Final[dict[str, tuple[str, str, str, str]]] = {
    # key: name, how shown, district, organisation
    "krystyna": ("Krystyna Sobczak", "name", "Śródmieście", ""),
    "tomasz": ("Tomasz Lewandowski", "name", "Zatorze", ""),
    "rower": ("Michał Dudek", "pseudonym:Rowerem_do_pracy", "Nadrzecze", ""),
    "lokal": ("Dorota Malinowska", "name", "Śródmieście", "Cukiernia Ratuszowa"),
    "mama": ("Paulina Górska", "pseudonym:Mama z wózkiem", "Śródmieście", ""),
    "zbigniew": ("Zbigniew Kaczor", "name", "Śródmieście", ""),
    "student": ("Kacper Wilk", "pseudonym:kacper_w", "Zatorze", ""),
    "ogrodnik": ("Halina Brzozowska", "name", "Nadrzecze", ""),
    "taxi": ("Ryszard Nowicki", "name", "Zatorze", "Zrzeszenie Taksówkarzy"),
    "wozek": ("Agnieszka Piotrowska", "name", "Śródmieście", "Stowarzyszenie Bez Progu"),
    "historyk": ("Jerzy Malek", "name", "Śródmieście", ""),
    "kot": ("Ilona Sikora", "pseudonym:KotZaOknem", "Śródmieście", ""),
}

SQUARE: Final = (
    Said(
        "krystyna",
        "Mieszkam przy placu od 1974 roku. Latem beton nagrzewa się tak, że okien nie da się otworzyć do północy. "
        "**Drzewa są potrzebne bardziej niż fontanna.** Lipy w pierwszej kolejności.",
        1,
        (
            Said(
                "ogrodnik",
                "Lipy tak, ale drobnolistne. Szerokolistne w takiej glebie chorują po kilku latach.",
                0,
                (
                    Said("krystyna", "Dziękuję, tego nie wiedziałam. Czy ktoś z projektantek to sprawdził?"),
                    Said(
                        "office",
                        "W projekcie przewidziano *Tilia cordata* „Greenspire” oraz klon polny, w dołach ze "
                        "strukturalnym podłożem 12 m³ na drzewo. Wykaz gatunków jest w materiałach, na stronie 14.",
                    ),
                ),
            ),
            Said("historyk", "Do 1945 roku na placu rosło 28 lip, widać je na pocztówkach w muzeum."),
            Said("kot", "I proszę nie przycinać ich „na jeża” co roku."),
            Said("tomasz", "Lipy lepią się do lakieru. Parkować pod nimi i tak się nie da."),
            Said("mama", "Cień przy ławkach też bym prosiła, nie tylko w alei."),
        ),
        14,
    ),
    Said(
        "tomasz",
        "118 miejsc mniej, a przychodnia, urząd i sąd zostają. Gdzie mam stanąć z mamą, która chodzi o kuli? "
        "Przy Szarych Szeregów o 9 rano nie ma już dziś nic wolnego.",
        -1,
        (
            Said(
                "office",
                "Siedem miejsc dla osób z kartą parkingową zostaje przy samym ratuszu, a przy "
                "ul. Szarych Szeregów powstaje 46 nowych. Pierwsze pół godziny będzie bezpłatne.",
            ),
            Said(
                "rower",
                "Policzyłem w zeszły czwartek o 10:00: 31 z 118 aut stało dłużej niż 4 godziny. To są auta "
                "pracowników urzędu, nie pacjentów.",
                0,
                (
                    Said("tomasz", "Może i tak. Ale najpierw parking, potem likwidacja, nie na odwrót."),
                    Said("zbigniew", "Zgadzam się, kolejność ma znaczenie."),
                ),
            ),
            Said("wozek", "Siedem miejsc to za mało. W godzinach pracy sądu potrzeba co najmniej dziesięciu."),
            Said("taxi", "Postój taksówek w projekcie ma 3 miejsca, dzisiaj mamy 6."),
            Said("resident", "Moja mama też chodzi o kuli i woli 80 metrów w cieniu niż auto pod drzwiami."),
        ),
        11,
    ),
    Said(
        "lokal",
        "Prowadzę cukiernię 40 m od placu. Po zamknięciu ul. Nowobramskiej dla aut obroty spadły na trzy miesiące, "
        "a potem **wzrosły o jedną piątą**. Ludzie siadają tam, gdzie jest spokój. Proszę tylko o dostawy do 10:00.",
        1,
        (
            Said(
                "zbigniew",
                "Cukiernia to nie sklep z farbami. Puszki 20 kg nikt pieszo nie zaniesie.",
                0,
                (
                    Said("lokal", "Dlatego piszę o dostawach. Odbiór towaru przez kwadrans też da się dopuścić."),
                    Said("zbigniew", "Jeżeli to będzie w regulaminie, to nie protestuję."),
                ),
            ),
            Said("office", "Dostawy w godzinach 5:00–10:00 i odbiór ciężkich zakupów do 15 minut są w § 6 projektu."),
            Said("kot", "Czyli o piątej rano cofające dostawczaki pod oknami? Może od szóstej?"),
            Said("krystyna", "Od szóstej, proszę."),
        ),
        9,
    ),
    Said(
        "wozek",
        "Trzy rzeczy, o których łatwo zapomnieć:\n\n- płyty bez fazowania, bo kółka wpadają w szczeliny,\n"
        "- ścieżka dotykowa od przystanku do wejścia do ratusza,\n- ławki z oparciem **i podłokietnikiem**.",
        1,
        (
            Said("mama", "I bez studzienek na środku przejścia!"),
            Said("office", "Wszystkie trzy punkty wpisujemy do opisu przedmiotu zamówienia. Dziękujemy."),
            Said(
                "resident2",
                "Dodałabym toaletę z przewijakiem. W promieniu kilometra nie ma ani jednej.",
                0,
                (
                    Said("mama", "Tysiąc razy tak."),
                    Said(
                        "office",
                        "Toaleta publiczna jest planowana w przyziemiu ratusza, wejście od ul. Tuwima, w 2028 r.",
                    ),
                ),
            ),
        ),
        17,
    ),
    Said(
        "rower",
        "Brakuje przejazdu rowerowego na osi Wojska Polskiego–Szczecińska. Dziś jedzie się slalomem między "
        "pieszymi. Pas 2,5 m przy północnej pierzei wystarczy.",
        1,
        (
            Said("zbigniew", "Na placu pieszym rowery mają się prowadzić, nie jechać."),
            Said("student", "Wszędzie się da, byle był wyraźny kolor nawierzchni."),
            Said("kot", "Hulajnogi też? Bo one stoją potem w poprzek."),
            Said("rower", "Na hulajnogi wystarczą dwa wyznaczone miejsca. Tak zrobiono przy dworcu."),
        ),
        8,
    ),
    Said(
        "zbigniew",
        "Fontanna posadzkowa za 1,9 mln zł? Naprawcie najpierw chodniki na Grottgera.",
        -1,
        (
            Said(
                "office",
                "Fontanna jest finansowana w 85 % z programu na adaptację do zmian klimatu; tych pieniędzy nie "
                "można przeznaczyć na chodniki. Remont ul. Grottgera jest w planie na 2028 r.",
            ),
            Said("student", "W upał to jedyne miejsce, gdzie dzieciaki się ochłodzą."),
        ),
        6,
    ),
    Said(
        "student",
        "Proszę o oświetlenie, przy którym widać twarz, i o stoliki z gniazdkiem. Po 20 plac jest dziś pusty "
        "i ciemny, a mógłby być miejscem, gdzie się po prostu siedzi.",
        1,
        (),
        5,
    ),
    Said(
        "ogrodnik",
        "Woda z dachu ratusza niech idzie do drzew, a nie do kanału. Zbiornik 30 m³ zwraca się w 6 lat.",
        1,
        (
            Said("office", "Zbiornik retencyjny 36 m³ jest w projekcie (rysunek PZT-04)."),
            Said("ogrodnik", "To świetnie. Poproszę jeszcze o godziny podlewania **nocą**."),
        ),
        10,
    ),
    Said(
        "historyk",
        "Pod płytą są fundamenty Bramy Nowej. Może zaznaczyć ich obrys innym kamieniem? Kosztuje niewiele, "
        "a dzieci mają lekcję historii pod nogami.",
        0,
        (
            Said("krystyna", "Piękny pomysł."),
            Said("resident3", "Popieram. I tabliczka w brajlu."),
        ),
        7,
    ),
    Said(
        "taxi",
        "Postój na 6 aut i zadaszenie dla czekających. Starsi ludzie wracają od lekarza właśnie taksówką.",
        -1,
        (Said("office", "Po rozmowie ze Zrzeszeniem postój będzie miał 5 stanowisk, z wiatą przy sądzie."),),
        3,
    ),
    Said(
        "kot",
        "Imprezy głośne do 22:00, nie do 24:00. Tu mieszkają ludzie.",
        0,
        (Said("student", "W weekend mogłoby być do 23:00."),),
        4,
    ),
    Said(
        "resident3",
        "Jestem z Nadrzecza i na plac jeżdżę autobusem. Przystanek musi zostać **przy placu**, a nie 300 m "
        "dalej, jak było podczas remontu.",
        0,
        (),
        6,
    ),
    Said(
        "mama",
        "Plac zabaw „wodny” jak w Ustce, choćby mały. Dzieci z centrum nie mają gdzie iść, a do parku jest 20 minut.",
        1,
        (
            Said("historyk", "Byle nie plastik w kolorach jarmarku. To plac przed neogotyckim ratuszem."),
            Said("mama", "Drewno i kamień też się sprawdzą, byle można było chlapać."),
            Said("office", "Zabawki wodne z piaskowca są w wariancie B, do obejrzenia w materiałach."),
        ),
        9,
    ),
    Said(
        "zbigniew",
        "Kto będzie to sprzątał? Dziś kosze są opróżniane raz dziennie i w poniedziałek rano wygląda to fatalnie.",
        0,
        (
            Said("resident", "Proponuję kosze pod ziemią, jak przy dworcu."),
            Said("office", "Kosze podziemne są w projekcie (6 sztuk), wywóz dwa razy dziennie od piątku do niedzieli."),
            Said("zbigniew", "Przyjmuję. Sprawdzę za rok."),
        ),
        5,
    ),
)

OFFICE_NOTE: Final = (
    "Dziękujemy za rozmowę. Do tej pory do projektu przyjęliśmy:\n\n1. dostawy od 6:00 do 10:00,\n2. dziesięć miejsc "
    "dla osób z kartą parkingową,\n3. pas rowerowy w innym kolorze przy północnej pierzei.\n\nNa pozostałe wypowiedzi "
    "odpowiemy do końca fazy."
)
RUDE: Final = ("Kto to wymyślił, ten debil, i jego matka też.", "Obraża konkretne osoby (regulamin, pkt 3)")
HELD: Final = (
    (
        "student",
        "Tu są moje zdjęcia z pomiaru hałasu: "
        + " ".join(f"https://zdjecia.example/plac{number}" for number in range(1, 5)),
        ("links",),
    ),
    ("zbigniew", "To zwykłe złodziejstwo, a nie konsultacje.", ("word:zlodziej*",)),
)
WORDS: Final = (("zlodziej*", "hold"), ("oszust*", "hold"), ("debil*", "refuse"))

SCHOOL: Final = (
    Said("resident", "Czy sala gimnastyczna po 16 będzie dla klubów, czy dla wszystkich z osiedla?", 0, (
        Said("office", "Dla wszystkich, zapisy na stronie szkoły; kluby najwyżej dwa popołudnia w tygodniu."),
    ), 4),
    Said("mama", "Ile miejsc będzie w świetlicy i do której godziny?", 0, (), 6),
    Said("tomasz", "Dojście od ul. Zamiejskiej bez chodnika to proszenie się o wypadek. Czy powstanie przed szkołą?",
         0, (), 9),
)  # fmt: skip

PARK: Final = (
    Said("ogrodnik", "Ścieżki żwirowe tak, asfaltowe nie: korzenie starych dębów potrzebują wody.", 1, (
        Said("wozek", "Żwir płukany jest dla wózków nie do przejechania. Jest też nawierzchnia mineralno-żywiczna."),
        Said("office", "W raporcie przyjęto nawierzchnię mineralno-żywiczną na alejach głównych."),
    ), 12),
    Said("kot", "Wybieg dla psów z dala od placu zabaw, najlepiej przy Słupi.", 0, (), 8),
    Said("krystyna", "Więcej ławek z oparciem, co sto metrów, także przy bocznych ścieżkach.", 1, (), 11),
    Said("zbigniew", "Latarnie trzeba przygaszać po 23:00: nad rzeką żyją nietoperze.", 1, (), 4),
    Said("student", "Scena letnia niech gra co weekend, nie tylko w wakacje.", 1, (), 6),
    Said("rower", "Potrzebna jest droga rowerowa od ul. Szczecińskiej do kładki.", 1, (), 9),
    Said("mama", "Plac zabaw jest cały w słońcu. Potrzebny cień, ogrodzenie i toaleta.", 1, (), 10),
    Said("tomasz", "Proszę zamykać park na noc, po imprezach zostają potłuczone butelki.", -1, (), 3),
    Said("historyk", "Starych drzew nie wolno ruszać; lipy pamiętają 1905 rok.", 1, (), 7),
    Said("wozek", "Kładka nad Słupią ma za strome podjazdy. Czy zostanie przebudowana?", 0, (), 5),
)  # fmt: skip
PARK_NOTE: Final = "Konsultacje zakończone. Raport ze wszystkimi odpowiedziami jest w ostatniej fazie na tej stronie."
