"""The Alert query for a Spark cluster: scores what is new and stores frauds for Sluice to send, on Sluice's own checkpoint.

spark-submit --packages org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7 alert.py --brokers kafka:9092 \\
  --checkpoint s3a://lakehouse/checkpoints/alert --fraud-api http://fraud-api:8000

PostgreSQL, the one that is captured, is found by POSTGRES_HOST, _PORT, _DB, _USER and _PASSWORD. Nothing is sent to Slack
from here: a console with ALERT_ENGINE=spark does that, and scores what had to wait (docs/scale-out.md).
"""

import argparse
import json
import os
import time

import psycopg

from alert_batch import add_batch
from fraud_api import FraudApi
from rows import alert_records
from session import add_option, add_options, read_topic, run, set_trigger
from stores import open_store

HOUR_MS = 3_600_000
# How long a batch is tried again while PostgreSQL is away.
PATIENCE_S = 120


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_options(parser, "latest", "ALERT_CHECKPOINT", "10 seconds", 10_000)
    add_option(parser, "--fraud-api", "FRAUD_API_URL", required=True)
    add_option(parser, "--suppress-older-than-hours", "ALERT_SUPPRESS_OLDER_THAN_HOURS", type=float)
    options = parser.parse_args()
    # Set to nothing means off, as it does for Sluice.
    off = "SLACK_WEBHOOK_URL is empty" if os.environ.get("SLACK_WEBHOOK_URL") == "" else None
    hours = options.suppress_older_than_hours
    rules = {"off": off, "olderThanMs": None if hours is None else hours * HOUR_MS}
    api = FraudApi(options.fraud_api)
    store = open_store(options.checkpoint)

    def start(spark, lease, once):
        cluster_id = read_cluster_id(spark, options.brokers)

        def add(frame, batch_id):
            records = sorted(
                (to_record(each) for each in frame.collect()), key=lambda each: (each["partition"], each["offset"])
            )
            batch = describe(store, batch_id, cluster_id)
            ledger = patiently(lambda db: add_batch(db, api, batch, records, rules, lease.check))
            tell(batch_id, ledger)

        writer = alert_records(read_topic(spark, options)).writeStream.foreachBatch(add)
        return set_trigger(writer.option("checkpointLocation", options.checkpoint), options, once).start()

    run("sluice-alert", options, start)


def to_record(each):
    record = each.asDict(recursive=True)
    return {**record, **{name: None if record[name] is None else bytes(record[name]) for name in ("key", "value")}}


def describe(store, batch_id, cluster_id):
    """What the checkpoint promises of the batch: its range, and its time."""
    metadata, ends = read_log(store, f"offsets/{batch_id}")
    _, starts = read_log(store, f"offsets/{batch_id - 1}" if batch_id > 0 else "sources/0/0")
    ((topic, end),) = ends.items()
    query_id = json.loads(store.get("metadata"))["id"]
    place = {"id": batch_id, "queryId": query_id, "clusterId": cluster_id, "topic": topic}
    return {**place, "timestamp": metadata["batchTimestampMs"], "start": texts(starts[topic]), "end": texts(end)}


def read_log(store, key):
    """Metadata and offsets of a file in the checkpoint; the one of the source has no metadata, and a zero byte in front."""
    lines = store.get(key).lstrip(b"\0").decode().split("\n")
    return (json.loads(lines[1]) if len(lines) > 2 else None), json.loads(lines[-1])


def texts(offsets):
    """Offsets as the ledger holds them: 64-bit numbers as text."""
    return {partition: str(offset) for partition, offset in offsets.items()}


def patiently(work):
    """Does the work on a connection of its own, and again on another while PostgreSQL is away."""
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            with connect() as db:
                return work(db)
        except psycopg.OperationalError as error:
            if time.monotonic() > until:
                raise
            print(f"PostgreSQL is away, trying again: {error}", flush=True)
            time.sleep(1)


def connect():
    names = {"host": "HOST", "port": "PORT", "dbname": "DB", "user": "USER", "password": "PASSWORD"}
    defaults = {"port": "5432", "dbname": "frauddb"}
    values = {name: os.environ.get(f"POSTGRES_{each}") or defaults.get(name) for name, each in names.items()}
    # The statements are Sluice's own, with $1 for a parameter.
    return psycopg.connect(
        **{name: value for name, value in values.items() if value},
        autocommit=True,
        connect_timeout=5,
        application_name="sluice-alert-spark",
        cursor_factory=psycopg.RawCursor,
    )


def read_cluster_id(spark, brokers):
    """Which Kafka this is: part of the name of a dead letter."""
    kafka = spark.sparkContext._jvm.org.apache.kafka.clients.admin
    properties = spark.sparkContext._jvm.java.util.Properties()
    properties.setProperty("bootstrap.servers", brokers)
    admin = kafka.AdminClient.create(properties)
    try:
        return admin.describeCluster().clusterId().get()
    finally:
        admin.close()


def tell(batch_id, ledger):
    """The lines that people filter by."""
    if ledger["new_transactions"]:
        print(f"Batch {batch_id}: Inserted {ledger['new_transactions']} NEW transactions", flush=True)
    elif ledger["existing_transactions"]:
        print("New transactions: 0 (all duplicates)", flush=True)
    if ledger["pending"]:
        print(f"Batch {batch_id}: {ledger['pending']} transactions wait for Sluice", flush=True)
    if ledger["frauds"]:
        print(f"Fraud detected: {ledger['frauds']}", flush=True)


if __name__ == "__main__":
    main()
