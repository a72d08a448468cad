"""Reads the Delta table in the folder that a line names, and prints what it found as one JSON object: python spark_reader.py."""

import json
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

session = (
    SparkSession.builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
    .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
    .config("spark.sql.session.timeZone", "UTC")
    .config("spark.sql.shuffle.partitions", "2")
    .getOrCreate()
)


def look(folder):
    table = session.read.format("delta").load(folder)
    text = F.concat_ws("|", "trans_num", F.col("cc_num").cast("string"), "merchant", F.col("amt").cast("string"))
    row = table.agg(F.count("*").alias("rows"), F.countDistinct("trans_num").alias("keys")).first()
    digest = table.select(F.crc32(text).alias("crc")).agg(F.sum("crc").alias("sum")).first()["sum"]
    # Pruned by the statistics of the files, against a column that no statistics can prune by.
    pruned = table.where("unix_time between 1500 and 1799").count()
    scanned = table.where("unix_time + 0 between 1500 and 1799").count()
    return {"rows": row["rows"], "keys": row["keys"], "crc": int(digest or 0), "pruned": pruned, "scanned": scanned}


print("READY", flush=True)
for line in sys.stdin:
    print("FOUND " + json.dumps(look(line.strip())), flush=True)
