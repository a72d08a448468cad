"""The Bronze query for a Spark cluster: the same rows, on the same checkpoint and table as Sluice's.

spark-submit --packages io.delta:delta-spark_2.12:3.3.2,org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7 \\
  bronze.py --brokers kafka:9092 --checkpoint s3a://lakehouse/checkpoints/bronze --table s3a://lakehouse/bronze/transactions
"""

import argparse

from rows import PARTITIONS, bronze_rows
from session import add_option, add_options, read_topic, run, set_trigger


def main():
    parser = add_options(argparse.ArgumentParser(description=__doc__.splitlines()[0]), "earliest", "BRONZE_CHECKPOINT")
    add_option(parser, "--table", "BRONZE_PATH", required=True)
    options = parser.parse_args()

    def start(spark, _lease, once):
        # The native sink marks each batch in the table: whoever runs it again finds it there.
        writer = (
            bronze_rows(read_topic(spark, options))
            .writeStream.format("delta")
            .outputMode("append")
            .partitionBy(*PARTITIONS)
            .option("checkpointLocation", options.checkpoint)
        )
        return set_trigger(writer, options, once).start(options.table)

    run("sluice-bronze", options, start)


if __name__ == "__main__":
    main()
