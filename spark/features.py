"""What the fraud API is asked about one transaction: the values of src/pipeline/alert/features.ts. Pure."""

import math
import re

DEFAULTS = {"hour": 12, "day_of_week": 0, "distance_km": 10, "age": 35, "gender": "M"}
EARTH_RADIUS_KM = 6371
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
# What a calendar of JavaScript knows; PostgreSQL's `infinity` lies outside of it.
MAX_TIME_MS = 8.64e15
MAX_AGE = 150
KEY_WIDTH = 100


def has_fault(row):
    """Whether a row can be neither scored nor stored."""
    key = row["trans_num"]
    if not key or len(key) > KEY_WIDTH:
        return True
    if any(isinstance(value, str) and "\0" in value for value in row.values()):
        return True
    return row["amt"] is None or not math.isfinite(row["amt"])


def derive_features(row, history=None):
    """The request for a row, and the names of the inputs for which a default was taken."""
    time = transaction_time(row)
    derived = {
        "hour": None if time is None else time // HOUR_MS % 24,
        "day_of_week": None if time is None else (time // DAY_MS + 3) % 7,  # 1970 began on a Thursday; Monday is 0.
        "distance_km": _distance_km(row),
        "age": _age_at(time, row["dob"]),
        "gender": row["gender"],
    }
    defaults = [name for name in DEFAULTS if derived[name] is None]
    request = {"trans_num": row["trans_num"], "amt": row["amt"]}
    request.update({name: DEFAULTS[name] if derived[name] is None else derived[name] for name in DEFAULTS})
    request.update({name: row[name] for name in ("merchant", "category") if row[name] is not None})
    if history is not None:
        request["history"] = history
    return request, defaults


def transaction_time(row):
    """Time of the transaction in ms since 1970, or None when the event has none that a calendar knows."""
    text = row["trans_date_trans_time"]
    if text is None or not re.fullmatch(r"-?[0-9]{1,19}", text):
        return None
    time = math.floor(float(text) / 1000)
    return time if abs(time) <= MAX_TIME_MS else None


def _distance_km(row):
    """Haversine between home and merchant. 0.0 is a place; only a missing or impossible coordinate gives None."""
    lat, long, merch_lat, merch_long = (row[name] for name in ("lat", "long", "merch_lat", "merch_long"))
    within = _is_within(lat, 90) and _is_within(merch_lat, 90) and _is_within(long, 180) and _is_within(merch_long, 180)
    if not within:
        return None
    rise, turn = math.radians(merch_lat - lat), math.radians(merch_long - long)
    chord = (
        math.sin(rise / 2) ** 2
        + math.cos(math.radians(lat)) * math.cos(math.radians(merch_lat)) * math.sin(turn / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1, max(0, chord))))


def _age_at(time, dob):
    """Whole years of 365 days at the time of the transaction."""
    if time is None or dob is None or not re.fullmatch(r"-?[0-9]{1,10}", dob):
        return None
    age = (time // DAY_MS - int(dob)) // 365
    return age if 0 <= age <= MAX_AGE else None


def _is_within(degrees, limit):
    return degrees is not None and abs(degrees) <= limit
