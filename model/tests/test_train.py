"""Training on a small sample: the same bytes, disjoint parts, an honest cut, and a CSV file as a source."""

import csv
import platform
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sluice_model.__main__ import main
from sluice_model.csv_file import read_csv
from sluice_model.features import SHAPES
from sluice_model.generate import SPLIT_DAY, generate
from sluice_model.profiles import CATEGORIES
from sluice_model.study import learn_sample, unseen_sample
from sluice_model.train import choose_cut, make_sample

CUSTOMERS = 8


def test_training_twice_gives_the_same_bytes_and_another_date_another_version(tmp_path):
    folders = [tmp_path / name for name in ("one", "two", "three")]
    for folder, day in zip(folders, ("2026-01-15", "2026-01-15", "2026-02-01"), strict=True):
        assert main(["train", "--customers", str(CUSTOMERS), "--date", day, "--out", str(folder)]) == 0
    one, two, three = ([(folder / f"{shape}.json").read_bytes() for shape in SHAPES] for folder in folders)
    assert one == two
    assert one[0] != three[0]
    assert main(["train", "--customers", str(CUSTOMERS), "--out", str(folders[0]), "--check"]) == 0
    (folders[0] / "history.json").write_bytes(two[1] + b" ")
    assert main(["train", "--customers", str(CUSTOMERS), "--out", str(folders[0]), "--check"]) == 1


@pytest.mark.skipif(
    (platform.system(), platform.machine()) != ("Linux", "x86_64"),
    reason="the bytes are promised for this kind of machine",
)
def test_training_again_gives_the_bytes_of_the_shipped_models():
    assert main(["train", "--check"]) == 0


def test_what_is_judged_shares_neither_cards_nor_months_with_what_is_learned():
    learn, judge = learn_sample(1, CUSTOMERS), unseen_sample(2, CUSTOMERS)
    assert not set(learn.rows.card) & set(judge.rows.card)
    assert learn.rows.time.max() < judge.rows.time.min()
    assert datetime.fromtimestamp(int(judge.rows.time.min()), UTC).date() >= SPLIT_DAY


def test_the_label_is_no_feature():
    assert all("fraud" not in name for names in SHAPES.values() for name in names)
    rows = generate(4, 3)
    for shape, matrix in make_sample(rows).features.items():
        assert matrix.shape == (len(rows), len(SHAPES[shape]))
        assert np.isfinite(matrix).all()


def test_the_cut_is_the_one_with_the_best_f1():
    is_fraud = np.array([0, 0, 0, 1, 1])
    assert choose_cut(is_fraud, np.array([0.01, 0.2, 0.3, 0.31, 0.9])) == pytest.approx(0.31)


def test_a_csv_file_gives_the_features_of_the_rows_it_was_written_from(tmp_path):
    rows = generate(seed=9, customers=3)
    path = tmp_path / "fraudTrain.csv"
    write_sparkov_csv(rows, path)
    expected, read = make_sample(rows), make_sample(read_csv(path))
    assert np.array_equal(read.rows.is_fraud, rows.is_fraud)
    for shape in SHAPES:
        assert np.array_equal(read.features[shape], expected.features[shape])


def test_a_model_is_trained_from_a_csv_file_and_judged_on_its_other_cards(tmp_path, capsys):
    path = tmp_path / "fraudTrain.csv"
    write_sparkov_csv(generate(seed=9, customers=20), path)
    assert main(["train", "--csv", str(path), "--out", str(tmp_path)]) == 0
    assert {file.name for file in tmp_path.glob("*.json")} == {"stateless.json", "history.json"}
    assert "history on unseen cards and months: auc_pr" in capsys.readouterr().err


def test_a_csv_file_without_a_needed_column_is_refused_by_name(tmp_path):
    path = tmp_path / "other.csv"
    path.write_text("amt,cc_num\n1.00,4\n")
    with pytest.raises(ValueError, match="missing trans_date_trans_time, merchant"):
        read_csv(path)


def write_sparkov_csv(rows, path) -> None:
    """The layout of the public file: an index column without a name, the columns the reader needs and one it does not."""
    columns = {
        "": range(len(rows)),
        "trans_date_trans_time": [f"{datetime.fromtimestamp(int(time), UTC):%Y-%m-%d %H:%M:%S}" for time in rows.time],
        "cc_num": rows.card,
        "merchant": [f"fraud_{number}" for number in rows.merchant],
        "category": [CATEGORIES[index] for index in rows.category],
        "amt": [f"{amt:.2f}" for amt in rows.amt],
        "job": ["Engineer, civil"] * len(rows),
        "gender": np.where(rows.is_female, "F", "M"),
        "lat": rows.lat,
        "long": rows.long,
        "city_pop": rows.city_pop,
        "dob": [date(1970, 1, 1) + timedelta(int(day)) for day in rows.birth_day],
        "trans_num": rows.trans_num,
        "merch_lat": rows.merch_lat,
        "merch_long": rows.merch_long,
        "is_fraud": rows.is_fraud,
    }
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
