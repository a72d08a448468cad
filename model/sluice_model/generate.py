"""A population of cards with their transactions, from a seed alone. The same seed gives the same rows."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from .profiles import BAND_AGES, BAND_SHARE, CATEGORIES, GROUPS, Group, Habit, habit_of, theft_on
from .transactions import Transactions, concatenate

FIRST_DAY = date(2019, 1, 1)
LAST_DAY = date(2020, 12, 31)
SPLIT_DAY = date(2020, 5, 27)
"""70 % of the days lie before it."""

_EPOCH = date(1970, 1, 1)
_FIRST = (FIRST_DAY - _EPOCH).days
_DAYS = (LAST_DAY - FIRST_DAY).days + 1
_HOUR = 3600
_MERCHANTS_PER_CATEGORY = 50
_STOLEN_SHARE = 0.98
_LATE_SHARE = 0.8
_LATE_AM = np.array([0, 1, 2, 3])
_LATE_PM = np.array([22, 23])


@dataclass(frozen=True)
class _Card:
    number: int
    group: Group
    birth_day: int
    city_pop: int
    lat: float
    long: float


def generate(seed: int, customers: int = 300) -> Transactions:
    """Two years of `customers` cards in time order: about 2,000 rows a card, 0.5 % of them frauds."""
    rng = np.random.default_rng(seed)
    cards = [_make_card(rng) for _ in range(customers)]
    return concatenate([part for card in cards for part in _transactions_of(card, rng)]).in_time_order()


def season_weight(day: date) -> int:
    """How much is bought on a day of the year, 100 being an ordinary one."""
    key = (day.month, day.day)
    if key >= (11, 30):
        return 200
    if key <= (2, 28):
        return 75
    return 125 if (5, 24) <= key <= (9, 1) else 100


_SEASON = np.array([season_weight(date.fromordinal(FIRST_DAY.toordinal() + day)) for day in range(_DAYS)])
_WEEKDAY = (FIRST_DAY.weekday() + np.arange(_DAYS)) % 7


def _make_card(rng: np.random.Generator) -> _Card:
    weights = np.array([BAND_SHARE[group.band] / 4 for group in GROUPS])
    group = GROUPS[rng.choice(len(GROUPS), p=weights)]
    youngest, oldest = BAND_AGES[group.band]
    age_days = int(rng.integers(youngest * 365, oldest * 365))
    people = rng.integers(50, 2500) if group.place == "rural" else int(2500 * np.exp(rng.exponential(2)))
    return _Card(
        number=int(rng.integers(10**15, 9 * 10**18)),
        group=group,
        birth_day=_FIRST - age_days,
        city_pop=int(min(people, 3_000_000)),
        lat=round(float(np.clip(rng.normal(38.5, 5), 25, 48)), 4),
        long=round(float(rng.uniform(-122, -72)), 4),
    )


def _transactions_of(card: _Card, rng: np.random.Generator) -> list[Transactions]:
    """What the owner bought, without the days a thief used the card, and what the thief bought."""
    owner = habit_of(card.group)
    count = _DAYS * int(rng.integers(owner.daily[0], owner.daily[1] + 1))
    chances = _SEASON * np.array(owner.weekdays)[_WEEKDAY]
    days = rng.choice(_DAYS, size=count, p=chances / chances.sum())
    stolen = rng.random() < _STOLEN_SHARE
    theft_days = _episode(card.group, rng) if stolen else np.array([], dtype=int)
    own = _buy(card, owner, days[~np.isin(days, theft_days)], rng, is_fraud=False)
    return [own, _buy(card, theft_on(card.group), theft_days, rng, is_fraud=True)]


def _episode(group: Group, rng: np.random.Generator) -> np.ndarray:
    """The day of each theft: one of two days in a row."""
    least, most = theft_on(group).daily
    first = int(rng.integers(0, _DAYS - 1))
    return first + rng.integers(0, 2, size=int(rng.integers(least, most + 1)))


def _buy(card: _Card, habit: Habit, days: np.ndarray, rng: np.random.Generator, is_fraud: bool) -> Transactions:
    count = len(days)
    # One random number gives category and part of the day: some categories are only ever bought in the morning.
    draw = rng.random(count)
    shares = np.cumsum(habit.weights) / np.sum(habit.weights)
    category = np.minimum(np.searchsorted(shares, draw, side="right"), len(CATEGORIES) - 1)
    hour = _hours(draw < habit.am_share, rng, is_fraud)
    seconds = rng.integers(0, _HOUR, size=count)
    return Transactions(
        time=(_FIRST + days) * 24 * _HOUR + hour * _HOUR + seconds,
        card=np.full(count, card.number, dtype=np.int64),
        trans_num=_numbers(count, rng),
        category=category.astype(np.int64),
        merchant=category * _MERCHANTS_PER_CATEGORY + rng.integers(0, _MERCHANTS_PER_CATEGORY, size=count),
        cents=_cents(np.array(habit.amounts)[category], rng),
        is_female=np.full(count, int(card.group.gender == "F")),
        birth_day=np.full(count, card.birth_day),
        city_pop=np.full(count, card.city_pop),
        lat=np.full(count, card.lat),
        long=np.full(count, card.long),
        merch_lat=np.round(card.lat + rng.uniform(-1, 1, size=count), 6),
        merch_long=np.round(card.long + rng.uniform(-1, 1, size=count), 6),
        is_fraud=np.full(count, int(is_fraud)),
    )


def _hours(is_morning: np.ndarray, rng: np.random.Generator, is_fraud: bool) -> np.ndarray:
    count = len(is_morning)
    usual = rng.integers(0, 12, size=count) + np.where(is_morning, 0, 12)
    if not is_fraud:
        return usual
    late = np.where(is_morning, rng.choice(_LATE_AM, size=count), rng.choice(_LATE_PM, size=count))
    return np.where(rng.random(count) < _LATE_SHARE, late, usual)


def _cents(mean_and_spread: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gamma amounts. The wide categories give many amounts below a dollar; those become one to ten dollars."""
    mean, spread = mean_and_spread[:, 0], mean_and_spread[:, 1]
    amount = rng.gamma((mean / spread) ** 2, spread**2 / mean)
    small = rng.uniform(1, 10, size=len(amount))
    return np.round(np.where(amount < 1, small, amount) * 100).astype(np.int64)


def _numbers(count: int, rng: np.random.Generator) -> np.ndarray:
    digits = rng.bytes(16 * count).hex()
    return np.array([digits[start : start + 32] for start in range(0, len(digits), 32)], dtype="U32")
