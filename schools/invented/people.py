"""Invented people for demonstrations: the same ones each time."""

from datetime import date, timedelta
from random import Random
from typing import Final

from stdnum.pl import pesel


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


GIRLS: Final = _words(
    """
    Zofia Hanna Julia Maja Laura Oliwia Alicja Lena Pola Zuzanna Maria Emilia Antonina Kaja Nina Amelia
    Iga Wiktoria Gabriela Łucja Aniela Helena Michalina Róża Świetlana Żaneta
    """
)
BOYS: Final = _words(
    """
    Antoni Jan Aleksander Franciszek Jakub Leon Mikołaj Szymon Stanisław Filip Ignacy Tymon Adam
    Wojciech Piotr Michał Łukasz Kacper Bruno Oskar Tadeusz Nikodem Igor Dawid Ksawery Ścibor
    """
)
SURNAMES: Final = _words(
    """
    Adamczyk Banaś Bielak Bąk Borowy Cichy Ciołek Ćwikła Czapla Dąbek Dereń Drozd Dudek Fijał Filipek
    Gajda Gawron Głąb Górka Grab Hajduk Jagoda Janik Jarząb Kaleta Kania Karaś Kępa Kłos Kmita Kos
    Kozioł Krawiec Król Kruk Kubiak Kusy Lipa Lis Lutek Łabędź Łoś Łuczak Maciejka Mazur Miler Mróz
    Musiał Niedziela Nowik Ogórek Olcha Orzeł Osa Ożóg Paluch Pawelec Piech Pietrzyk Płotka Polak Rak
    Reszka Rogala Rybak Sęk Sikora Skiba Słowik Socha Sosna Szczepan Szpak Śliwa Śnieg Świerk Tokarz Tur
    Urban Wąs Wieczorek Wilk Witek Włodarz Wrona Wysocki Zając Zaręba Zięba Ziółko Źrebiec Żak Żółty
    Żuraw Żyto
    """
)


class People:
    """Draws names that do not repeat within a school."""

    def __init__(self, seed: int) -> None:
        self._draw = Random(seed)  # noqa: S311  # names of nobody
        self._known: set[tuple[str, str]] = set()

    def person(self, girl: bool | None = None) -> tuple[str, str]:
        """First and last name."""
        for _attempt in range(1000):
            is_girl = self._draw.random() < 0.5 if girl is None else girl
            name = (self._draw.choice(GIRLS if is_girl else BOYS), self._draw.choice(SURNAMES))
            if name not in self._known:
                self._known.add(name)
                return name
        raise AssertionError("there are not enough names")

    def pupil(self, born_in: int, serial: int) -> tuple[str, str, date, str]:
        """First and last name, birth date, PESEL; `serial` keeps PESELs apart."""
        girl = self._draw.random() < 0.5
        first, last = self.person(girl)
        born = date(born_in, 1, 1) + timedelta(days=self._draw.randrange(364))
        month = born.month + (20 if born.year >= 2000 else 0)
        digits = f"{born.year % 100:02}{month:02}{born.day:02}{serial % 1000:03}{serial % 5 * 2 + (0 if girl else 1)}"
        return first, last, born, digits + pesel.calc_check_digit(digits)
