"""Contributions in plain words. Nothing here tells a person's age or gender: these lines go to chat rooms."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEAST = 0.1
"""Log-odds below which an input is not worth a line."""
MOST_LINES = 5


def explain(values: dict[str, float], contributions: dict[str, float], categories: list[str]) -> list[str]:
    """What raised the score, the strongest first, each with its log-odds."""
    raised = sorted(((size, name) for name, size in contributions.items() if size >= LEAST), key=lambda item: -item[0])
    return [f"{_sentence(name, values[name], categories)} (+{size:.2f})" for size, name in raised[:MOST_LINES]]


def _sentence(name: str, value: float, categories: list[str]) -> str:
    match name:
        case "amt":
            return f"{_size(value)} ${value:,.2f}"
        case "hour":
            return f"{'Late hour' if value < 6 or value >= 22 else 'Hour'}: {int(value):02d} h"
        case "day_of_week":
            return f"{'Weekend' if value >= 5 else 'Day'}: {DAYS[int(value)]}"
        case "age":
            return "Age of the card's owner"
        case "is_female":
            return "Gender of the card's owner"
        case "category":
            # One that is not known adds nothing, so there is no line for it.
            return f"Category {categories[int(value)]}"
        case "seconds_since_last":
            return (
                "First transaction of the card"
                if value < 0
                else f"{_duration(value)} after the card's last transaction"
            )
        case "amt_to_mean":
            return f"{value:.1f} times the card's mean amount"
        case "amt_above_mean":
            return f"{abs(value):.1f} spreads {'above' if value >= 0 else 'below'} the card's mean amount"
        case "count_1h" | "count_24h":
            return f"{int(value)} earlier transactions of the card within {_window(name)}"
        case "sum_1h" | "sum_24h":
            return f"${value:,.2f} spent with the card within {_window(name)}"
        case "new_category":
            return "First purchase of the card in this category" if value else "Category the card has used before"
        case _:
            return name


def _size(amount: float) -> str:
    if amount > 1000:
        return "Amount over $1000:"
    return "High amount:" if amount > 500 else "Amount"


def _window(name: str) -> str:
    return "1 h" if name.endswith("_1h") else "24 h"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{int(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min"
    return f"{int(seconds // 3600)} h" if seconds < 172_800 else f"{int(seconds // 86_400)} days"
