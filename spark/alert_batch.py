"""One batch of the Alert query, as a story: read, leave out what is known, score, store. Twin of src/pipeline/alert/sink.ts.

Predictions, waiting rows, outbox and ledger are one SQL transaction, keyed by trans_num and batch: running a batch again
stores nothing new. What cannot be scored now, or ever, waits in `sluice.pending`: Sluice scores it, or writes it to the
quarantine, where the exact parser and the dead letters are.
"""

import base64
import json
import time

import alert_sql as sql
from facts import facts_of, why_suppressed
from features import derive_features, has_fault, transaction_time

HISTORY_ROWS = 10_000
INSERT_ROWS = 500
# A transaction that just failed to be scored is tried again after this.
FIRST_WAIT_MS = 5_000
FIRST_TIME_MS = -62_135_596_800_000
LAST_TIME_MS = 253_402_214_400_000


def add_batch(db, api, batch, records, rules, check_owner):
    """Stores what the records bring, once, and answers the ledger row.

    `batch`: id, timestamp (ms), queryId, clusterId, topic, start and end (offsets as text).
    """
    known = _find_ledger_row(db, batch)
    if known:
        return known
    first_start = _first_start(db) or batch["timestamp"]
    candidates, waiting, counts = _sort_out(records)
    found = {row[0] for row in db.execute(sql.FIND_KNOWN, [list(candidates)])}
    fresh = [candidates[key] for key in sorted(candidates) if key not in found]
    scored, late = _score(db, api, fresh)
    return _store(db, batch, counts, scored, waiting + late, rules, first_start, check_owner)


def _sort_out(records):
    """The first row of each trans_num, what waits for the exact parser, and the counts."""
    candidates, waiting = {}, []
    counts = {"records": len(records), "declared_skips": 0}
    for record in records:
        row = record["row"]
        if record["kind"] == "skip":
            counts["declared_skips"] += 1
        elif record["kind"] == "row" and not has_fault(row):
            candidates.setdefault(row["trans_num"], record)
        else:
            waiting.append((record, "It cannot be read here: Sluice looks at it and writes it to the quarantine."))
    return candidates, waiting, counts


def _score(db, api, fresh):
    histories = _read_histories(db, [record["row"] for record in fresh])
    features = [derive_features(record["row"], histories.get(record["row"]["trans_num"])) for record in fresh]
    verdicts = api.score([request for request, _ in features])
    scored, late = [], []
    for record, feature, (kind, value) in zip(fresh, features, verdicts):
        if kind == "scored":
            scored.append((record, feature, value))
        else:
            late.append((record, value))
    return scored, late


def _read_histories(db, rows):
    """What the card of each row did before, for rows that have a card and a time."""
    histories = {}
    for some in _chunks([row for row in rows if _has_past(row)], HISTORY_ROWS):
        cards = sorted({row["cc_num"] for row in some})
        # Sluice remembers the past of cards between batches; here it is read from the beginning.
        nothing = [cards, [float("-inf")] * len(cards), [0] * len(cards), ["0"] * len(cards), ["0"] * len(cards)]
        columns = [[row[name] for row in some] for name in ("trans_num", "cc_num", "trans_date_trans_time", "category")]
        cursor = db.execute(sql.HISTORY, [*nothing, *columns, [False] * len(some)])
        names = [each.name for each in cursor.description]
        for found in cursor:
            history = dict(zip(names, found))
            histories[history.pop("trans_num")] = history
    return histories


def _has_past(row):
    time_ms = transaction_time(row)
    return row["cc_num"] is not None and time_ms is not None and FIRST_TIME_MS <= time_ms <= LAST_TIME_MS


def _store(db, batch, counts, scored, waiting, rules, first_start, check_owner):
    now = int(time.time() * 1000)
    with db.transaction():
        keys = [record["row"]["trans_num"] for record, _, _ in scored]
        keys += [key for record, _ in waiting if (key := _key_of(record))]
        present = {row[0] for row in db.execute(sql.LOCK_PRESENT, [keys])}
        # A row that was deleted meanwhile is passed over; what has no key of its own waits under its place in the topic.
        kept = [(record, reason) for record, reason in waiting if _key_of(record) is None or _key_of(record) in present]
        rows = [each for each in scored if each[0]["row"]["trans_num"] in present]
        pending = _insert(db, sql.INSERT_PENDING, [_pending(batch, *each) for each in kept], now + FIRST_WAIT_MS)
        stored = _insert(
            db, sql.INSERT_PREDICTIONS, [_prediction(batch, *each, rules, first_start) for each in rows], now
        )
        new = set(stored)
        deleted = len(scored) + len(waiting) - len(rows) - len(kept)
        ledger = {
            "records": counts["records"],
            "new_transactions": len(stored) + len(pending),
            "existing_transactions": counts["records"]
            - len(stored)
            - len(pending)
            - counts["declared_skips"]
            - deleted,
            "predictions": len(stored),
            "pending": len(pending),
            "frauds": sum(score["isFraud"] for record, _, score in rows if record["row"]["trans_num"] in new),
            "dead_letters": 0,
            "declared_skips": counts["declared_skips"],
            "deleted_skips": deleted,
        }
        db.execute(sql.INSERT_LEDGER_ROW, [*_range(batch), *ledger.values()])
        check_owner()
    return ledger


def _find_ledger_row(db, batch):
    cursor = db.execute(sql.FIND_LEDGER_ROW, _range(batch))
    found = cursor.fetchone()
    if found is None:
        return None
    row = dict(zip([each.name for each in cursor.description], found))
    if not row.pop("same_range"):
        raise ValueError(
            f"the ledger in PostgreSQL holds batch {batch['id']} with other offsets: "
            "the checkpoint was changed after it was stored"
        )
    return row


def _first_start(db):
    (at,) = db.execute(sql.FIRST_LEDGER_TIME).fetchone()
    return None if at is None else int(at)


def _range(batch):
    return [batch["queryId"], batch["id"], json.dumps(batch["start"]), json.dumps(batch["end"])]


def _insert(db, statement, rows, at):
    """The keys that were not there before."""
    return [row[0] for some in _chunks(rows, INSERT_ROWS) for row in db.execute(statement, [json.dumps(some), at])]


def _key_of(record):
    """trans_num of a row that can be stored under it; None for everything else."""
    return record["row"]["trans_num"] if record["kind"] == "row" and not has_fault(record["row"]) else None


def _origin(batch, record):
    key = _key_of(record) or f"record {batch['topic']}/{record['partition']}/{record['offset']}"
    place = {"topic": batch["topic"], "partition": record["partition"], "offset": str(record["offset"])}
    return {"transNum": key, "queryId": batch["queryId"], "batchId": batch["id"], **place}


def _pending(batch, record, reason):
    parts = {
        name: None if record[name] is None else base64.b64encode(record[name]).decode() for name in ("key", "value")
    }
    times = {"recordAt": record["timestamp"], "clusterId": batch["clusterId"]}
    return {**_origin(batch, record), **times, "key": parts["key"], "event": parts["value"], "reason": reason}


def _prediction(batch, record, feature, score, rules, first_start):
    request, defaults = feature
    facts = facts_of(record["row"], score) if score["isFraud"] else None
    times = facts and (facts["transactionAt"], record["timestamp"], first_start)
    reason = times and why_suppressed(rules["off"], rules["olderThanMs"], *times)
    used = list(dict.fromkeys([*defaults, *score["defaultsUsed"]]))
    told = {"facts": facts, "state": "suppressed" if reason else "pending", "reason": reason}
    return {**_origin(batch, record), "score": score, "features": {"request": request, "defaultsUsed": used}, **told}


def _chunks(items, size):
    return [items[at : at + size] for at in range(0, len(items), size)]
