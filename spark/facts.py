"""What an alert tells, and which alerts are recorded but not sent: src/pipeline/alert/facts.ts and suppress.ts. Pure."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

from features import transaction_time

WHY_LINES = 3
HOUR_MS = 3_600_000


def facts_of(row, score):
    """Nothing here names a person or a whole card."""
    return {
        "transNum": row["trans_num"],
        "level": score["level"],
        "probability": score["probability"],
        "amount": _amount(row["amt"]),
        "initials": _initials(row["first"], row["last"]),
        "card": _mask_card(row["cc_num"]),
        "merchant": re.sub(r"^fraud_", "", row["merchant"] or ""),
        "category": row["category"] or "",
        "city": row["city"],
        "state": row["state"],
        "why": score["explanation"][:WHY_LINES],
        "transactionAt": transaction_time(row),
        "modelVersion": score["modelVersion"],
        "ruleBased": score["ruleBased"],
    }


def why_suppressed(off, older_than_ms, transaction_at, record_at, first_start):
    """The reason to keep an alert back, or None. What was in the topic before the first start is history, not news.

    `off`: why alerts are off, or None. Times are ms.
    """
    if off is not None:
        return f"Alerts are off: {off}"
    if older_than_ms is None or transaction_at is None or record_at >= first_start:
        return None
    if first_start - transaction_at <= older_than_ms:
        return None
    hours = f"{older_than_ms / HOUR_MS:.2f}".rstrip("0").rstrip(".")
    return f"The transaction was older than {hours} h when Alert first started."


def _amount(amt):
    return str(Decimal(amt).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _initials(first, last):
    letters = (
        next((each for each in name or "" if unicodedata.category(each)[0] == "L"), None) for name in (first, last)
    )
    known = [f"{letter.upper()}." for letter in letters if letter]
    return " ".join(known) or "?"


def _mask_card(card):
    """The last four digits. A number too short to hide anything shows nothing."""
    digits = re.sub(r"[^0-9]", "", "" if card is None else str(card))
    return f"•••• {digits[-4:]}" if len(digits) > 8 else "••••"
