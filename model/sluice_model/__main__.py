"""`python -m sluice_model train | evaluate`: see README.md beside this package."""

import argparse
import sys
from datetime import date
from pathlib import Path

import numpy as np

from .evaluate import measure
from .features import DAY_SECONDS, SHAPES
from .study import LEARN_SEED, choosing_sample, learn_sample, train_with_cut
from .train import Sample, after, before, make_sample
from .trees import read_document, to_bytes, to_document, write_document

HOME = Path(__file__).resolve().parent.parent
ARTIFACTS = HOME / "artifacts"
TRAINED = "2026-01-15"
"""Goes into the model's version. Fixed, so that training again gives the same bytes."""
CSV_LEARN_SHARE = 0.7
CSV_CHOOSE_SHARE = 0.15


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    return options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sluice_model", description=__doc__)
    commands = parser.add_subparsers(required=True)
    train = commands.add_parser("train", help="train both shapes and write them as JSON")
    train.add_argument("--customers", type=int, default=300, help="cards of the generated population")
    train.add_argument("--csv", type=Path, help="a fraudTrain.csv to learn from instead of generated rows")
    train.add_argument("--date", type=date.fromisoformat, default=TRAINED, help="date in the model's version")
    train.add_argument("--out", type=Path, default=ARTIFACTS, help="folder of the JSON files")
    train.add_argument(
        "--check", action="store_true", help="write nothing; fail unless the files there have the same bytes"
    )
    train.set_defaults(run=_train)
    evaluate = commands.add_parser("evaluate", help="judge on five fresh populations and write CARD.md")
    evaluate.add_argument("--customers", type=int, default=300)
    evaluate.add_argument("--out", type=Path, default=HOME, help="folder of CARD.md")
    evaluate.set_defaults(run=_evaluate)
    return parser


def _train(options: argparse.Namespace) -> int:
    if options.csv:
        learn, choose, judge = _split_csv(options.csv)
    else:
        learn, choose, judge = (
            learn_sample(LEARN_SEED, options.customers),
            choosing_sample(options.customers),
            None,
        )
    _say(f"learning from {len(learn.rows):,} rows with {int(learn.rows.is_fraud.sum()):,} frauds")
    same = True
    for shape in SHAPES:
        booster, cut = train_with_cut(learn, choose, shape)
        document = to_document(booster, shape, cut, str(options.date))
        path = options.out / f"{shape}.json"
        if options.check:
            is_same = path.exists() and path.read_bytes() == to_bytes(document)
            same = same and is_same
            _say(f"{path}: {'the same' if is_same else 'DIFFERENT'} ({document['model_version']})")
        else:
            write_document(document, path)
            _say(f"{path}: {document['model_version']}, cut {cut:.2f}")
        if judge:
            _report(shape, measure(judge.rows.is_fraud, booster.predict(judge.features[shape]), cut))
    return 0 if same else 1


def _evaluate(options: argparse.Namespace) -> int:
    # The plots need a library that training does not.
    from .card import write_card
    from .study import run_study

    documents = {shape: read_document(ARTIFACTS / f"{shape}.json") for shape in SHAPES}
    study = run_study(options.customers, _say)
    write_card(study, documents, options.out, options.customers)
    _say(f"wrote {options.out / 'CARD.md'}")
    return 0


def _split_csv(path: Path) -> tuple[Sample, Sample, Sample]:
    """Rows to learn from, to choose the cut on and to be judged on: three sets of cards, the last two in later months."""
    from .csv_file import read_csv

    sample = make_sample(read_csv(path))
    cards = np.random.default_rng(LEARN_SEED).permutation(np.unique(sample.rows.card))
    learn_end, choose_end = (int(len(cards) * share) for share in (CSV_LEARN_SHARE, CSV_LEARN_SHARE + CSV_CHOOSE_SHARE))
    split = date.fromordinal(
        date(1970, 1, 1).toordinal() + int(np.quantile(sample.rows.time, CSV_LEARN_SHARE)) // DAY_SECONDS
    )
    parts = (cards[:learn_end], cards[learn_end:choose_end], cards[choose_end:])
    learn, choose, judge = (sample.take(np.isin(sample.rows.card, part)) for part in parts)
    return before(learn, split), after(choose, split), after(judge, split)


def _report(shape: str, figures: dict[str, float]) -> None:
    _say(f"{shape} on unseen cards and months: " + ", ".join(f"{name} {value:.4f}" for name, value in figures.items()))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
