"""The Spark session of both jobs, and their life: take the lease, run, stop cleanly, give it back."""

import os
import signal
import sys
import threading
import time

from pyspark.sql import SparkSession

from lease import OwnedByOther, check_free, take_lease
from stores import newest, open_store

EXIT_OWNED = 4
EXIT_LOST = 5
# How long each of two may take after a stop was asked for: the batch at hand, and the one that `stop` has cut short.
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


def set_trigger(writer, options, once):
    """`once`: one batch, and the end."""
    if once:
        return writer.trigger(once=True)
    return writer.trigger(processingTime=options.trigger) if options.trigger else writer


def add_options(parser, starting_offsets, checkpoint_name, trigger=None, max_offsets=None):
    """Each option can be set by its name in the environment as well; a flag is stronger."""
    add_option(parser, "--brokers", "KAFKA_BROKERS", required=True)
    add_option(parser, "--topic", "KAFKA_TOPIC", default="postgres.public.transactions")
    add_option(parser, "--checkpoint", checkpoint_name, required=True)
    add_option(parser, "--starting-offsets", "STARTING_OFFSETS", default=starting_offsets)
    add_option(parser, "--max-offsets-per-trigger", "MAX_OFFSETS_PER_TRIGGER", type=int, default=max_offsets)
    text = 'such as "10 seconds"; "0 seconds": as soon as there is data'
    add_option(parser, "--trigger", "TRIGGER_INTERVAL", default=trigger, help=text)
    parser.add_argument(
        "--owner-is-dead", action="store_true", help="take over from an owner that died on another machine"
    )
    return parser


def add_option(parser, flag, name, default=None, required=False, help="", **more):
    value = os.environ.get(name) or default
    text = f"{help} [{name}]".strip().replace("%", "%%")
    parser.add_argument(flag, default=value, required=required and value is None, help=text, **more)


def run(name, options, start):
    """Runs the query that `start(spark, lease, once)` begins, until it fails, the lease is lost, or SIGTERM or SIGINT comes.

    `once`: the query is to run one batch and end.
    """
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
        query = start(spark, lease, False)
        print(f"RUNNING {query.id}", flush=True)
        while query.isActive and not stopping.wait(0.2):
            pass
        failure = _stop_cleanly(query, store, lambda: start(spark, lease, True))
    finally:
        lease.release()
    if failure:
        print(f"FAILED: {failure}", file=sys.stderr, flush=True)
        sys.exit(1)
    print("STOPPED", flush=True)


def _driver_pid(spark):
    """The process that writes is the JVM: as long as it lives the checkpoint has an owner."""
    return int(spark.sparkContext._jvm.java.lang.ProcessHandle.current().pid())


def _stop_cleanly(query, store, start_once):
    """Lets the batch at hand end and leaves none open behind it. Answers what the query failed of, or None."""
    last = _last_batch(query)
    until = time.monotonic() + PATIENCE_S
    while (
        query.isActive and query.status["isTriggerActive"] and _last_batch(query) == last and time.monotonic() < until
    ):
        time.sleep(0.02)
    query.stop()
    # Under load the next batch has begun in the same instant, and `stop` cuts it short: it is run once more, to its end.
    if query.exception() is None and newest(store, "offsets") > newest(store, "commits"):
        query = start_once()
        query.awaitTermination(PATIENCE_S)
        query.stop()
    return query.exception()


def _last_batch(query):
    progress = query.lastProgress
    return progress["batchId"] if progress else None


def _lost(reason, pid):
    """Nothing may be written any more, and Spark cannot be held back but by ending it."""
    print(f"FENCED: {reason}", file=sys.stderr, flush=True)
    os.kill(pid, signal.SIGKILL)
    os._exit(EXIT_LOST)
