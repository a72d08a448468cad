"""How people of twelve groups spend, and how thieves spend on their cards: the numbers behind the generator.

Most are fitted so that all groups together give the tables in `tests/test_generate.py`. A group is (age band, gender,
place): bands "young" (< 25), "adult" (25-50), "old" (50 and more); genders "M", "F"; places "rural" (fewer than 2,500
people), "urban". Amounts are (mean, standard deviation) in dollars.
"""

from typing import NamedTuple

CATEGORIES = (
    "gas_transport",
    "grocery_net",
    "grocery_pos",
    "misc_net",
    "misc_pos",
    "shopping_net",
    "shopping_pos",
    "entertainment",
    "food_dining",
    "health_fitness",
    "home",
    "kids_pets",
    "personal_care",
    "travel",
)


class Group(NamedTuple):
    band: str
    gender: str
    place: str


class Habit(NamedTuple):
    """`daily` is the range of transactions a day (one draw a card; for a thief, of the whole episode)."""

    daily: tuple[int, int]
    weekdays: tuple[int, ...]
    am_share: float
    weights: tuple[float, ...]
    amounts: tuple[tuple[float, float], ...]


GROUPS = tuple(
    Group(band, gender, place) for band in ("young", "adult", "old") for gender in "MF" for place in ("rural", "urban")
)
BAND_SHARE = {"young": 0.17, "adult": 0.47, "old": 0.36}
BAND_AGES = {"young": (16, 25), "adult": (25, 50), "old": (50, 86)}

_STEADY = (80, 90, 100, 100, 125, 150, 150)
_NIGHTS_OUT = (60, 70, 80, 90, 180, 250, 175)
_EVERY_DAY = (100,) * 7

_CITY_MAN = (150, 80, 150, 75, 100, 100, 125, 110, 110, 100, 150, 110, 75, 45)
_PEOPLE = (10.38, 3.01, 9.33, 4.86, 6.01, 7.60, 9.03, 7.26, 6.93, 6.62, 9.40, 8.99, 7.32, 3.22)
_THIEF_OF_ADULTS = (100, 25, 300, 155, 25, 300, 100, 20, 10, 5, 5, 10, 15, 15)
_THIEF = (5.5, 2.18, 19.1, 10.7, 5.33, 20.0, 13.3, 3.8, 3.0, 2.5, 3.8, 4.3, 5.8, 0.7)

# One row a category in the order of CATEGORIES: adult men in towns, the young, other adults, the old.
_AMOUNTS = (
    ((70, 15), (65, 15), (65, 15), (55, 15)),
    ((50, 20), (60, 25), (55, 20), (45, 25)),
    ((60, 20), (75, 15), (170, 30), (100, 25)),
    ((50, 150), (65, 290), (80, 120), (55, 120)),
    ((60, 150), (90, 135), (50, 145), (55, 55)),
    ((60, 300), (65, 230), (85, 125), (60, 295)),
    ((60, 300), (55, 225), (50, 355), (105, 135)),
    ((60, 75), (70, 55), (70, 40), (55, 80)),
    ((40, 50), (65, 45), (35, 55), (75, 35)),
    ((60, 50), (60, 40), (45, 55), (65, 40)),
    ((60, 50), (85, 30), (50, 40), (50, 60)),
    ((60, 50), (75, 35), (50, 45), (60, 60)),
    ((35, 50), (40, 35), (40, 55), (65, 50)),
    ((60, 600), (50, 655), (180, 330), (55, 835)),
)
# The same for thieves: on cards of adults, of the young, of the old.
_THIEF_AMOUNTS = (
    ((10, 2), (20, 2), (11, 2)),
    ((10, 2), (15, 2), (11, 2)),
    ((300, 20), (325, 25), (325, 25)),
    ((800, 80), (800, 80), (800, 80)),
    ((8, 1), (800, 80), (9, 1)),
    ((1000, 100), (1000, 100), (1000, 100)),
    ((800, 80), (1000, 100), (880, 80)),
    ((500, 50), (400, 40), (530, 50)),
    ((120, 12), (115, 10), (120, 12)),
    ((20, 2), (20, 2), (20, 2)),
    ((250, 25), (230, 25), (250, 30)),
    ((20, 2), (5, 1), (20, 2)),
    ((20, 2), (50, 5), (21, 2)),
    ((10, 1), (1.5, 0.5), (10, 1)),
)


def habit_of(group: Group) -> Habit:
    """How the owner of a card spends."""
    if group == Group("adult", "M", "urban"):
        return Habit((1, 5), _STEADY, 0.30, _CITY_MAN, _column(_AMOUNTS, 0))
    if group.band == "young":
        return Habit((1, 6), _NIGHTS_OUT, 0.25, _PEOPLE, _column(_AMOUNTS, 1))
    if group.band == "adult":
        most = 6 if group == Group("adult", "F", "urban") else 5
        return Habit((1, most), _STEADY, 0.36, _PEOPLE, _column(_AMOUNTS, 2))
    daily = (0, 3) if group.place == "urban" else (1, 4)
    return Habit(daily, _STEADY, 0.60, _PEOPLE, _column(_AMOUNTS, 3))


def theft_on(group: Group) -> Habit:
    """How a thief spends on the card of such an owner, in one episode."""
    if group.band == "adult":
        return Habit((7, 12), _EVERY_DAY, 0.30, _THIEF_OF_ADULTS, _column(_THIEF_AMOUNTS, 0))
    if group.band == "young":
        return Habit((8, 14), _EVERY_DAY, 0.40, _THIEF, _column(_THIEF_AMOUNTS, 1))
    return Habit((8, 14), _EVERY_DAY, 0.50, _THIEF, _column(_THIEF_AMOUNTS, 2))


def _column(table: tuple, index: int) -> tuple:
    return tuple(row[index] for row in table)
