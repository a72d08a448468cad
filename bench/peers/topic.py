"""The messages of a topic as Python programs read them: librdkafka's client, every partition from its first record to
what was its end at the start, without a group."""

from confluent_kafka import Consumer, TopicPartition

AT_ONCE = 10_000


def read_values(brokers, topic):
    """Yields lists of message values."""
    consumer = Consumer(
        {
            "bootstrap.servers": brokers,
            "group.id": "none",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": 4 << 20,
            # A full queue would be left alone for a whole second.
            "fetch.queue.backoff.ms": 5,
        }
    )
    partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    left, start = 0, []
    for partition in partitions:
        first, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
        left += end - first
        start.append(TopicPartition(topic, partition, first))
    consumer.assign(start)
    while left > 0:
        messages = consumer.consume(min(left, AT_ONCE), timeout=5)
        for message in messages:
            if message.error():
                raise RuntimeError(message.error().str())
        left -= len(messages)
        yield [message.value() for message in messages]
    consumer.close()
