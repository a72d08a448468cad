"""Writes `CARD.md` with its plots from a study."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import precision_recall_curve

from .study import JUDGE_SEEDS, Study

GOALS = {
    "stateless": {"auc_pr": 0.85, "recall_at_1_percent_fpr": 0.93},
    "history": {"auc_pr": 0.95, "recall_at_1_percent_fpr": 0.985},
}
_COLUMNS = {
    "auc_pr": "AUC-PR",
    "roc_auc": "ROC-AUC",
    "recall_at_1_percent_fpr": "recall at 1 % FPR",
    "recall_at_0.1_percent_fpr": "at 0.1 % FPR",
}
_CURVES = ("history", "stateless", "logistic regression", "old rules")


def write_card(study: Study, documents: dict[str, dict], folder: Path, customers: int) -> None:
    plots = folder / "plots"
    plots.mkdir(parents=True, exist_ok=True)
    _plot_precision_recall(study, plots / "precision-recall.png")
    _plot_calibration(study, plots / "calibration.png")
    _plot_influence(study, plots / "influence.png")
    cuts = {shape: item["cut"] for shape, item in documents.items()} | {"logistic regression": 0.5, "old rules": 0.5}
    text = _TEMPLATE.format(
        versions="\n".join(
            f"| {shape} | `{item['model_version']}` | {item['cut']:.2f} |" for shape, item in documents.items()
        ),
        customers=customers,
        judges=", ".join(map(str, JUDGE_SEEDS)),
        figures="\n".join(_figure_row(name, runs) for name, runs in study.figures.items()),
        at_cut="\n".join(_cut_row(name, cut, study) for name, cut in cuts.items()),
        goals="\n".join(_goal_row(shape, name, study) for shape, goals in GOALS.items() for name in goals),
        calibration="\n\n".join(_calibration_table(shape, study) for shape in documents),
    )
    (folder / "CARD.md").write_text(text, encoding="utf-8")


def spread(runs: list[dict[str, float]], name: str, digits: int = 3) -> str:
    """Median and range over the populations."""
    values = [run[name] for run in runs]
    return f"{np.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def _figure_row(name: str, runs: list[dict[str, float]]) -> str:
    return f"| {name} | " + " | ".join(spread(runs, column) for column in _COLUMNS) + " |"


def _cut_row(name: str, cut: float, study: Study) -> str:
    runs = study.figures[name]
    cells = (spread(runs, "precision_at_cut"), spread(runs, "recall_at_cut"), spread(runs, "alerts_per_1000", 2))
    return (
        f"| {name} | {cut:.2f} | "
        + " | ".join(cells)
        + f" | {1000 * np.median([r['fraud_share'] for r in runs]):.2f} |"
    )


def _goal_row(shape: str, name: str, study: Study) -> str:
    runs = study.figures[shape]
    goal = GOALS[shape][name]
    reached = sum(run[name] >= goal for run in runs)
    median = np.median([run[name] for run in runs])
    verdict = "reached" if median >= goal else f"**missed by {goal - median:.3f}**"
    return f"| {shape} | {_COLUMNS[name]} | {goal} | {spread(runs, name, 4)} | {verdict}; in {reached} of {len(runs)} |"


def _calibration_table(shape: str, study: Study) -> str:
    runs = study.figures[shape]
    brier = f"*{shape}*: Brier score {spread(runs, 'brier', 5)}."
    head = f"{brier}\n\n| rows | mean probability | share of frauds |\n| --- | --- | --- |\n"
    rows = (
        f"| {band['rows']:,} | {band['mean_probability']:.4f} | {band['fraud_share']:.4f} |"
        for band in study.calibration[shape]
    )
    return head + "\n".join(rows)


def _plot_precision_recall(study: Study, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(5.2, 3.6))
    for name in _CURVES:
        precision, recall, _ = precision_recall_curve(study.pooled_fraud, study.pooled[name])
        # Most thresholds lie among the good rows; the curve is drawn evenly along the frauds instead.
        keep = np.unique(np.searchsorted(-recall, -np.linspace(1, 0, 400)))
        axes.plot(recall[keep], precision[keep], label=name, linewidth=1.4)
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02), title="Unseen cards and months")
    axes.legend(loc="lower left", fontsize=8)
    _save(figure, path)


def _plot_calibration(study: Study, path: Path) -> None:
    figure, axes = plt.subplots(figsize=(5.2, 3.6))
    axes.plot([1e-4, 1], [1e-4, 1], color="0.7", linewidth=1, label="perfect")
    for shape, bands in study.calibration.items():
        known = [band for band in bands if band["fraud_share"] > 0]
        axes.plot(
            [b["mean_probability"] for b in known], [b["fraud_share"] for b in known], "o-", label=shape, markersize=3
        )
    axes.set(
        xscale="log", yscale="log", xlabel="mean probability of a band", ylabel="share of frauds", title="Calibration"
    )
    axes.legend(fontsize=8)
    _save(figure, path)


def _plot_influence(study: Study, path: Path) -> None:
    figure, panels = plt.subplots(1, len(study.influence), figsize=(7.4, 3.4))
    for axes, (shape, influence) in zip(panels, study.influence.items(), strict=True):
        ordered = sorted(influence.items(), key=lambda item: item[1])
        axes.barh([name for name, _ in ordered], [size for _, size in ordered])
        axes.set(title=shape, xlabel="mean |contribution|, log-odds")
        axes.tick_params(labelsize=7)
    _save(figure, path)


def _save(figure: plt.Figure, path: Path) -> None:
    figure.tight_layout()
    figure.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(figure)


_TEMPLATE = """# Model card: the fraud score of Sluice

Two LightGBM models of 100 trees, written as flat JSON. *stateless* sees one transaction; *history* also sees what the card
did before. This page is written by `python -m sluice_model evaluate`; its figures are not edited by hand.

| model | version | cut for `is_fraud_predicted` |
| --- | --- | --- |
{versions}

## What it is for, and what not

It scores card transactions of the simulated "Sparkov" kind and says which inputs moved the score. It has learned from
generated data alone: its figures describe the simulator and promise nothing about real cards. Train on your own labelled
rows before you act on real people's money. Age and gender are inputs, because the old API had them: whoever uses the model
on people must decide whether that is allowed; the figures without them are below.

## Data

Generated by `sluice_model.generate` from a seed: {customers} cards, two years, about 600,000 rows, 0.5 % frauds, one episode
a stolen card. A test compares it with the published tables of the simulator. The first 70 % of the days are learned from.
Figures come from the last 30 % of the days of **other populations**: other cards, other months, five fresh seeds ({judges}).
No setting was chosen on them. Each figure is the median, with the lowest and the highest of the five.

## Figures on unseen cards and months

| score | AUC-PR | ROC-AUC | recall at 1 % FPR | at 0.1 % FPR |
| --- | --- | --- | --- | --- |
{figures}

*stateless* and *history* learn from the same rows and are judged on the same rows: what lies between them is what the past
of a card buys. *trained afresh* repeats the training on five more populations, so it also holds the luck of the training
data. The old rules are the five by which the replaced API answered without a model. *99.5 % accuracy* would be had by never
calling fraud.

![Precision and recall](plots/precision-recall.png)

## Against the goals

| model | figure | goal | median (range) | |
| --- | --- | --- | --- | --- |
{goals}

## The cut

The cut is the two-decimal probability with the best F1 on three populations kept for this choice alone. Levels do not depend on
it: HIGH above 0.7, MEDIUM above 0.4, else LOW.

| model | cut | precision | recall | alerts in 1,000 transactions | frauds in 1,000 |
| --- | --- | --- | --- | --- | --- |
{at_cut}

## Calibration

A probability should be the share of frauds among rows that got it. All five populations together:

{calibration}

![Calibration](plots/calibration.png)

## Why a row is flagged

Contributions are exact path-dependent TreeSHAP values in log-odds; with the base value they add up to the score. What moved
the frauds' scores most:

![Influence of the inputs](plots/influence.png)

## Limits

- Merchant and distance are accepted by the API and not used: in this data they say nothing, as the figures above show.
- An episode of the simulator lies within two days, which is why history buys so much. Slower thieves would be harder.
- A category that the model does not know is scored as if nobody had told the category: each split on it counts by its shares
  of the training rows. It is named in `defaults_used`, and adds nothing to the reasons.
- A card without a past is scored as an ordinary one (ratio 1, nothing in the window).
- The label `is_fraud` is never an input; the history is made from amounts, times and categories only.
- The same training gives the same bytes with the pinned packages on the same kind of machine (checked on Linux x86-64).
"""
