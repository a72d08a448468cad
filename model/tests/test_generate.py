"""Generated transactions against the published tables of the simulator. Tolerances are stated beside each check."""

import numpy as np
import pytest
from sluice_model.features import distance_km, stateless_columns
from sluice_model.generate import generate
from sluice_model.profiles import CATEGORIES

CUSTOMERS = 600
"""Twice the usual population, so that chance stays below the tolerances."""

# category: normal share %, normal amount at 5, 50, 95, 99 % and mean; fraud share %, fraud amount at 5, 50, 95 %.
TABLE = {
    "entertainment": (7.28, (3.3, 50, 174, 289, 62), 2.96, (372, 515, 620)),
    "food_dining": (6.99, (2.4, 43, 145, 221, 51), 2.10, (102, 118, 139)),
    "gas_transport": (10.35, (39.6, 62, 90, 104, 63), 7.10, (7.5, 11, 22)),
    "grocery_net": (3.31, (21, 51, 96, 119, 54), 2.23, (7.5, 11, 17)),
    "grocery_pos": (9.43, (51, 106, 208, 231, 115), 22.78, (273, 312, 364)),
    "health_fitness": (6.64, (3.6, 43, 146, 230, 54), 1.63, (17, 20, 23)),
    "home": (9.49, (4.8, 49, 147, 221, 58), 2.37, (206, 249, 305)),
    "kids_pets": (8.80, (5.1, 47, 153, 230, 58), 2.83, (4.6, 20, 23)),
    "misc_net": (4.89, (1.6, 9.5, 304, 697, 69), 12.26, (664, 803, 943)),
    "misc_pos": (6.10, (1.6, 14, 265, 634, 59), 4.03, (6.5, 8.6, 881)),
    "personal_care": (7.04, (2.6, 33, 144, 228, 48), 3.90, (17, 21, 52)),
    "shopping_net": (7.50, (1.6, 8.4, 330, 960, 73), 23.28, (831, 998, 1180)),
    "shopping_pos": (8.96, (1.5, 7.7, 295, 976, 72), 11.53, (699, 863, 1104)),
    "travel": (3.20, (1.5, 6.3, 528, 1336, 116), 1.00, (1.2, 9.5, 11)),
}
WEEKDAYS = (9.4, 10.6, 11.6, 11.7, 16.8, 20.3, 19.5)
FRAUD_HOURS = {0: 8.3, 1: 8.5, 2: 7.8, 3: 9.2, 22: 26.3, 23: 26.1}


@pytest.fixture(scope="module")
def rows():
    return generate(seed=11, customers=CUSTOMERS)


@pytest.fixture(scope="module")
def is_fraud(rows):
    return rows.is_fraud == 1


def test_size_and_share_of_frauds_within_a_tenth(rows, is_fraud):
    assert len(rows) == pytest.approx(598_685 / 300 * CUSTOMERS, rel=0.10)
    assert is_fraud.mean() == pytest.approx(0.00501, rel=0.10)


@pytest.mark.parametrize("category", CATEGORIES)
def test_shares_of_a_category(rows, is_fraud, category):
    """Normal within 0.3 points; frauds within 1.5 points, five standard errors of a small share."""
    normal, _, fraud, _ = TABLE[category]
    in_category = rows.category == CATEGORIES.index(category)
    assert 100 * in_category[~is_fraud].mean() == pytest.approx(normal, abs=0.3)
    assert 100 * in_category[is_fraud].mean() == pytest.approx(fraud, abs=1.5)


@pytest.mark.parametrize("category", CATEGORIES)
def test_amounts_of_a_category(rows, is_fraud, category):
    """Normal: each figure within 15 % or a dollar, the mean of travel within 35 % (one purchase in fifty is above 1,000)."""
    _, normal, _, fraud = TABLE[category]
    amt, in_category = rows.amt, rows.category == CATEGORIES.index(category)
    own, stolen = amt[in_category & ~is_fraud], amt[in_category & is_fraud]
    assert np.quantile(own, [0.05, 0.5, 0.95, 0.99]) == pytest.approx(normal[:4], rel=0.15, abs=1)
    assert own.mean() == pytest.approx(normal[4], rel=0.35 if category == "travel" else 0.12)
    assert np.median(stolen) == pytest.approx(fraud[1], rel=0.08, abs=1)
    assert np.quantile(stolen, [0.05, 0.95]) == pytest.approx([fraud[0], fraud[2]], rel=0.15, abs=2.5)


def test_weekdays_within_a_point_and_months_within_half_a_point(rows, is_fraud):
    day = stateless_columns(rows)["day_of_week"][~is_fraud]
    assert 100 * np.bincount(day) / len(day) == pytest.approx(WEEKDAYS, abs=1)
    month = (rows.time[~is_fraud].astype("datetime64[s]").astype("datetime64[M]").astype(int)) % 12
    shares = 100 * np.bincount(month, minlength=12) / len(month)
    assert shares[[11, 0, 7]] == pytest.approx([15.0, 5.6, 9.6], abs=0.5)


def test_hours_of_owners_within_a_quarter_of_a_point_and_of_thieves_within_two_and_a_half(rows, is_fraud):
    hour = stateless_columns(rows)["hour"]
    own = 100 * np.bincount(hour[~is_fraud], minlength=24) / (~is_fraud).sum()
    assert own[:12] == pytest.approx([3.3] * 12, abs=0.25)
    assert own[12:] == pytest.approx([5.0] * 12, abs=0.25)
    stolen = 100 * np.bincount(hour[is_fraud], minlength=24) / is_fraud.sum()
    assert stolen[list(FRAUD_HOURS)] == pytest.approx(list(FRAUD_HOURS.values()), abs=2.5)
    assert max(np.delete(stolen, list(FRAUD_HOURS))) < 2


def test_morning_categories_are_bought_in_the_morning_alone(rows):
    hour = stateless_columns(rows)["hour"]
    for category in ("gas_transport", "grocery_net"):
        assert hour[rows.category == CATEGORIES.index(category)].max() < 12
    for category in ("home", "kids_pets", "personal_care", "travel"):
        own = (rows.category == CATEGORIES.index(category)) & (rows.is_fraud == 0)
        assert hour[own].min() >= 12


def test_a_stolen_card_has_one_episode_and_its_owner_is_quiet_on_those_days(rows, is_fraud):
    day = rows.time // 86_400
    stolen = np.unique(rows.card[is_fraud])
    assert len(stolen) / CUSTOMERS == pytest.approx(0.98, abs=0.025)
    assert np.bincount(np.unique(rows.card[is_fraud], return_inverse=True)[1]).min() >= 7
    for card in stolen[:100]:
        of_card = rows.card == card
        thefts = set(day[of_card & is_fraud])
        assert max(thefts) - min(thefts) <= 1
        assert not thefts & set(day[of_card & ~is_fraud])


def test_distance_says_nothing_and_age_hardly(rows, is_fraud):
    distance, age = distance_km(rows), stateless_columns(rows)["age"]
    assert np.median(distance[~is_fraud]) == pytest.approx(77.8, abs=2)
    assert np.median(distance[is_fraud]) == pytest.approx(np.median(distance[~is_fraud]), abs=4)
    assert np.median(age[~is_fraud]) == pytest.approx(39, abs=3)
    assert np.median(age[is_fraud]) == pytest.approx(42, abs=4)


def test_the_same_seed_gives_the_same_rows_and_another_seed_other_cards():
    one, again, other = generate(5, 4), generate(5, 4), generate(6, 4)
    assert np.array_equal(one.trans_num, again.trans_num)
    assert np.array_equal(one.cents, again.cents)
    assert not set(one.card) & set(other.card)
