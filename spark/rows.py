"""Change events as rows of the Bronze table: the same rows that Sluice writes, in Spark's own expressions."""

from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

# Every value is taken as text first, so that each cast is one of ours.
COLUMNS = [
    ("trans_date_trans_time", "string"),
    ("cc_num", "long"),
    ("merchant", "string"),
    ("category", "string"),
    ("amt", "double"),
    ("first", "string"),
    ("last", "string"),
    ("gender", "string"),
    ("street", "string"),
    ("city", "string"),
    ("state", "string"),
    ("zip", "int"),
    ("lat", "double"),
    ("long", "double"),
    ("city_pop", "long"),
    ("job", "string"),
    ("dob", "string"),
    ("trans_num", "string"),
    ("unix_time", "long"),
    ("merch_lat", "double"),
    ("merch_long", "double"),
    ("is_fraud", "int"),
]
AFTER = StructType([StructField(name, StringType()) for name, _ in COLUMNS])
PARTITIONS = ["year", "month", "day"]


def bronze_rows(records):
    """Rows of op c, u and r. Deletes, tombstones, truncates, messages and what is no event fall out."""
    rows = judged(records).where(F.col("kind") == "row").select(F.from_json("after", AFTER).alias("row"))
    typed = rows.select([_cast(name, kind).alias(name) for name, kind in COLUMNS])
    # A division of doubles, as the job did that this one replaces: some microseconds are lost on purpose.
    at = (F.col("trans_date_trans_time").cast("long") / 1000000).cast("timestamp")
    return (
        typed.withColumn("trans_timestamp", at)
        .withColumn("ingestion_time", F.current_timestamp())
        .withColumn("year", F.year("trans_timestamp"))
        .withColumn("month", F.month("trans_timestamp"))
        .withColumn("day", F.dayofmonth("trans_timestamp"))
    )


def alert_records(records):
    """Every record with its place, its bytes, what it is, and the values of its row."""
    parsed = judged(records).withColumn("row", F.from_json(F.when(F.col("kind") == "row", F.col("after")), AFTER))
    row = F.struct([_cast(name, kind).alias(name) for name, kind in COLUMNS]).alias("row")
    at = F.expr("unix_millis(timestamp)").alias("timestamp")
    return parsed.select("partition", "offset", at, "key", "value", "kind", row)


def judged(records):
    """`kind`: `row` (op c, u, r with an object in `after`), `skip` (d, t, m, tombstones) or `other`; `after`: its text."""
    events = records.withColumn("event", _envelope(F.col("value").cast("string")))
    told = events.withColumn("op", F.get_json_object("event", "$.op")).withColumn(
        "after", F.get_json_object("event", "$.after")
    )
    # Of a text or a list in `after` nothing could be taken.
    is_row = F.col("op").isin("c", "u", "r") & F.col("after").startswith("{")
    is_skip = F.col("value").isNull() | F.col("op").isin("d", "t", "m")
    return told.withColumn("kind", F.when(is_row, "row").when(is_skip, "skip").otherwise("other"))


def _envelope(value):
    """With `schemas.enable` the event stands in `payload`; decided message by message."""
    payload = F.get_json_object(value, "$.payload")
    wrapped = payload.isNotNull() & F.get_json_object(value, "$.schema").isNotNull()
    return F.when(wrapped, payload).otherwise(value)


def _cast(name, kind):
    text = F.col(f"row.{name}")
    if name == "amt":
        return _amount(text)
    return text if kind == "string" else text.cast(kind)


def _amount(text):
    """A number, its text, or the base64 of the unscaled two's complement bytes (`decimal.handling.mode=precise`, scale 2)."""
    is_base64 = text.rlike(r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$") & (text != "")
    hexes = F.hex(F.unbase64(text))
    unsigned = F.conv(hexes, 16, 10).cast("decimal(20,0)")
    modulus = F.pow(F.lit(2.0), 4 * F.length(hexes)).cast("decimal(20,0)")
    is_negative = F.conv(F.substring(hexes, 1, 1), 16, 10).cast("int") >= 8
    unscaled = F.when(is_negative, unsigned - modulus).otherwise(unsigned)
    decoded = F.when(
        is_base64 & (F.length(hexes) <= 14), F.concat(unscaled.cast("string"), F.lit("e-2")).cast("double")
    )
    return F.coalesce(text.cast("double"), decoded)
