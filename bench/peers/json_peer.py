"""The same job with what comes with Python: `json`, then pyarrow and delta-rs. `json_peer.py BROKERS TOPIC TABLE ROWS_A_COMMIT`"""

import json
import sys
import time
from datetime import datetime, timezone

import pyarrow as pa
from deltalake import write_deltalake
from topic import read_values

COLUMNS = {
    "trans_date_trans_time": pa.string(),
    "cc_num": pa.int64(),
    "merchant": pa.string(),
    "category": pa.string(),
    "amt": pa.float64(),
    "first": pa.string(),
    "last": pa.string(),
    "gender": pa.string(),
    "street": pa.string(),
    "city": pa.string(),
    "state": pa.string(),
    "zip": pa.int32(),
    "lat": pa.float64(),
    "long": pa.float64(),
    "city_pop": pa.int64(),
    "job": pa.string(),
    "dob": pa.string(),
    "trans_num": pa.string(),
    "unix_time": pa.int64(),
    "merch_lat": pa.float64(),
    "merch_long": pa.float64(),
    "is_fraud": pa.int32(),
}
TEXTS_OF_NUMBERS = ("trans_date_trans_time", "dob")
UTC = pa.timestamp("us", tz="UTC")
DAYS = {}


def day_of(micros):
    number = micros // 86_400_000_000
    found = DAYS.get(number)
    if found is None:
        date = datetime.fromtimestamp(number * 86_400, timezone.utc)
        found = DAYS[number] = (date.year, date.month, date.day)
    return found


def table_of(values, ingested):
    columns = {name: [] for name in COLUMNS}
    lists = list(columns.items())
    times, days = [], []
    for value in values:
        event = json.loads(value)
        if event["op"] not in ("c", "u", "r"):
            continue
        after = event["after"]
        for name, into in lists:
            into.append(after[name])
        micros = after["trans_date_trans_time"]
        times.append(micros)
        days.append(day_of(micros))
    for name in TEXTS_OF_NUMBERS:
        columns[name] = [str(each) for each in columns[name]]
    arrays = {name: pa.array(columns[name], kind) for name, kind in COLUMNS.items()}
    arrays["trans_timestamp"] = pa.array(times, UTC)
    arrays["ingestion_time"] = pa.array([ingested] * len(times), UTC)
    for at, name in enumerate(("year", "month", "day")):
        arrays[name] = pa.array([day[at] for day in days], pa.int32())
    return pa.table(arrays)


def main(brokers, topic, table, rows_a_commit):
    waiting, rows = [], 0
    ingested = int(time.time() * 1e6)

    def commit():
        write_deltalake(table, pa.concat_tables(waiting), mode="append", partition_by=["year", "month", "day"])
        waiting.clear()

    for values in read_values(brokers, topic):
        waiting.append(table_of(values, ingested))
        rows += len(values)
        if rows >= int(rows_a_commit):
            commit()
            rows = 0
    if waiting:
        commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
