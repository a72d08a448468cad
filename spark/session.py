"""The Spark session of both jobs, and their life: take the lease, run, stop cleanly, give it back."""

import os
import signal
import sys
import threading
import time

from lease import OwnedByOther, check_free, take_lease
from pyspark.sql import SparkSession
from stores import open_store

EXIT_OWNED = 4
EXIT_LOST = 5
# How long a batch at hand may go on after a stop was asked for.
PATIENCE_S = 60


def open_session(name):
    """ANSI off and UTC are part of the rows' meaning; everything else is the cluster's own business."""
    return (
        SparkSession.builder.appName(name)
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
        .config("spark.sql.ansi.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .getOrCreate()
    )


def read_topic(spark, options):
    """The topic as a stream. A lost part of it ends the query, as it does in Sluice."""
    reader = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", options.brokers)
        .option("subscribe", options.topic)
        .option("startingOffsets", options.starting_offsets)
        .option("failOnDataLoss", "true")
    )
    if options.max_offsets_per_trigger:
        reader = reader.option("maxOffsetsPerTrigger", options.max_offsets_per_trigger)
    return reader.load()


def add_options(parser, starting_offsets):
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--topic", default="postgres.public.transactions")
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--starting-offsets", default=starting_offsets)
    parser.add_argument("--max-offsets-per-trigger", type=int)
    parser.add_argument("--trigger", help='such as "10 seconds"; as soon as there is data by default')
    parser.add_argument("--owner-is-dead", action="store_true", help="take over from an owner that died on another machine")
    return parser


def run(name, options, start):
    """Runs the query that `start(spark, lease)` begins, until it fails, the lease is lost, or SIGTERM or SIGINT comes."""
    stopping = threading.Event()
    store = open_store(options.checkpoint)
    try:
        check_free(store, options.owner_is_dead)  # Before the seconds that a session takes.
        spark = open_session(name)
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stopping.set())
        pid = _driver_pid(spark)
        lease = take_lease(store, pid, lambda reason: _lost(reason, pid), options.owner_is_dead)
    except OwnedByOther as error:
        print(f"OWNED_BY_OTHER: {error}", file=sys.stderr, flush=True)
        sys.exit(EXIT_OWNED)
    try:
        query = start(spark, lease)
        print(f"RUNNING {query.id}", flush=True)
        while query.isActive and not stopping.wait(0.2):
            pass
        _stop_between_batches(query)
        failure = query.exception()
    finally:
        lease.release()
    if failure:
        print(f"FAILED: {failure}", file=sys.stderr, flush=True)
        sys.exit(1)
    print("STOPPED", flush=True)


def _driver_pid(spark):
    """The process that writes is the JVM: as long as it lives the checkpoint has an owner."""
    return int(spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid())


def _stop_between_batches(query):
    """`stop` cuts a batch short wherever it is; the next owner would settle it, but a clean end is easier to trust."""
    until = time.monotonic() + PATIENCE_S
    while query.isActive and query.status["isTriggerActive"] and time.monotonic() < until:
        time.sleep(0.02)
    query.stop()


def _lost(reason, pid):
    """Nothing may be written any more, and Spark cannot be held back but by ending it."""
    print(f"FENCED: {reason}", file=sys.stderr, flush=True)
    os.kill(pid, signal.SIGKILL)
    os._exit(EXIT_LOST)
