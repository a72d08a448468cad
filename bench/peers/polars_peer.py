"""What a good Python engineer would write today: librdkafka, polars for the JSON and the casts, delta-rs for the table.

No checks, no dead letters, no checkpoint: the job of Bronze at its cheapest. `polars_peer.py BROKERS TOPIC TABLE ROWS_A_COMMIT`
"""

import sys
import time
from io import BytesIO

import polars as pl
from deltalake import write_deltalake
from topic import read_values

AFTER = {
    "trans_date_trans_time": pl.Int64,
    "cc_num": pl.Int64,
    "merchant": pl.String,
    "category": pl.String,
    "amt": pl.Float64,
    "first": pl.String,
    "last": pl.String,
    "gender": pl.String,
    "street": pl.String,
    "city": pl.String,
    "state": pl.String,
    "zip": pl.Int32,
    "lat": pl.Float64,
    "long": pl.Float64,
    "city_pop": pl.Int64,
    "job": pl.String,
    "dob": pl.Int64,
    "trans_num": pl.String,
    "unix_time": pl.Int64,
    "merch_lat": pl.Float64,
    "merch_long": pl.Float64,
    "is_fraud": pl.Int32,
}
ENVELOPE = {"after": pl.Struct(AFTER), "op": pl.String}
PARTITIONS = ["year", "month", "day"]
ROWS_AT_ONCE = 50_000


def rows_of(values):
    events = pl.read_ndjson(BytesIO(b"\n".join(values)), schema=ENVELOPE)
    rows = events.lazy().filter(pl.col("op").is_in(["c", "u", "r"])).select(pl.col("after").struct.unnest())
    at = pl.col("trans_date_trans_time").cast(pl.Datetime("us", "UTC"))
    return (
        rows.with_columns(
            trans_timestamp=at,
            ingestion_time=pl.lit(int(time.time() * 1e6)).cast(pl.Datetime("us", "UTC")),
            year=at.dt.year(),
            month=at.dt.month().cast(pl.Int32),
            day=at.dt.day().cast(pl.Int32),
        )
        .with_columns(pl.col("trans_date_trans_time", "dob").cast(pl.String))
        .collect()
    )


def main(brokers, topic, table, rows_a_commit):
    waiting, frames = [], []

    def parse():
        frames.append(rows_of(waiting))
        waiting.clear()

    def commit():
        write_deltalake(table, pl.concat(frames, rechunk=False), mode="append", partition_by=PARTITIONS)
        frames.clear()

    for values in read_values(brokers, topic):
        waiting.extend(values)
        # Larger texts take longer a row, and twice the memory.
        if len(waiting) >= ROWS_AT_ONCE:
            parse()
        if len(frames) * ROWS_AT_ONCE >= int(rows_a_commit):
            commit()
    if waiting:
        parse()
    if frames:
        commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
