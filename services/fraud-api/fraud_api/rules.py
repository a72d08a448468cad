"""The answer without a model: the five rules of the old API, added up and cut at 1."""

from .inputs import Completed

VERSION = "rule_based_fallback"
CUT = 0.5
"""Fraud is what lies above it."""


def judge_by_rules(row: Completed) -> tuple[float, list[str]]:
    """Probability and reasons."""
    is_late = row.hour < 6 or row.hour >= 23
    rules = (
        (0.30, row.amt > 500, f"High amount: ${row.amt:,.2f}" + (" (over $1000)" if row.amt > 1000 else "")),
        (0.25, row.distance_km > 100, f"Very far from home: {row.distance_km:.0f} km"),
        (0.20, row.distance_km > 50, f"Distance from home: {row.distance_km:.0f} km"),
        (0.15, is_late, f"Late hour: {row.hour:02d} h"),
        (0.10, row.day_of_week >= 5, "Weekend"),
    )
    met = [(points, reason) for points, applies, reason in rules if applies]
    return min(1.0, round(sum(points for points, _ in met), 4)), [reason for _, reason in met]
