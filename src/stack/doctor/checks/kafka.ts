/** Kafka: whether it answers, where its brokers say they are, how the topic is kept. On the embedded stack the topic alone. */
import type { Source } from '../../../pipeline/ports.ts';
import type { ClusterLook, TopicLook } from '../../../pipeline/source/kafka-probe.ts';
import type { KafkaSettings } from '../../../pipeline/source/kafka-settings.ts';
import { byHand, byUs, failed, passed, warned, type Check } from '../check.ts';
import type { Instruments } from '../instruments.ts';
import type { Patient } from '../patient.ts';
import type { Finding, Fix } from '../report.ts';
import { span } from '../words.ts';

const DAY_MS = 86_400_000;
const PARTITIONS = 4;
const EMBEDDED = 'the embedded stack keeps the topic in its database';

export function kafkaChecks(patient: Patient): Check[] {
  const source = patient.servers?.source;
  const kafka = source?.kind === 'kafka' ? source : null;
  const skip = kafka ? null : EMBEDDED;
  const where = kafka ? kafka.brokers.join(', ') : 'Kafka';
  const isDocker = patient.profile === 'docker';
  return [
    {
      id: 'kafka',
      group: 'kafka',
      title: 'Kafka answers',
      looked: where,
      needs: [],
      skip,
      look: async (tools) => {
        const { clusterId, advertised } = await (await tools.kafka(needed(kafka))).look();
        const brokers = `${advertised.length} ${advertised.length === 1 ? 'broker' : 'brokers'}`;
        return passed(`cluster ${clusterId}, ${brokers}`, 'a cluster that answers');
      },
    },
    {
      id: 'kafka-listeners',
      group: 'kafka',
      title: 'Kafka answers where it says',
      looked: `the addresses that the brokers of ${where} advertise`,
      needs: ['kafka'],
      skip,
      look: async (tools) => lookAtListeners(tools, needed(kafka)),
    },
    {
      id: 'kafka-groups',
      group: 'kafka',
      title: 'Progress can be shown',
      looked: 'the coordinator of consumer groups',
      needs: ['kafka'],
      skip,
      look: async (tools) => {
        await (await tools.kafka(needed(kafka))).findCoordinator();
        return passed('a coordinator answers', 'a broker that coordinates consumer groups');
      },
    },
    kafka
      ? {
          id: 'topic',
          group: 'kafka',
          title: 'Topic exists',
          looked: `${kafka.topic} on ${where}`,
          needs: ['kafka'],
          skip: null,
          look: async (tools) => judgeTopic(await (await tools.kafka(kafka)).look(), kafka.topic, isDocker),
          repair: (tools) => tools.createTopic(kafka, PARTITIONS),
        }
      : {
          id: 'topic',
          group: 'kafka',
          title: 'Topic exists',
          looked: 'the topic in the database of the embedded stack',
          needs: [],
          skip: patient.servers ? null : 'the embedded stack does not run',
          look: async (tools) => judgeEmbedded(await tools.source(needed(source))),
        },
  ];
}

async function lookAtListeners(tools: Instruments, settings: KafkaSettings): Promise<Finding> {
  const { advertised } = await (await tools.kafka(settings)).look();
  const found = await Promise.all(advertised.map((address) => tryAddress(tools, settings, address)));
  const expected = 'addresses that this machine can reach';
  const wrong = found.filter(({ problem }) => problem !== null);
  if (wrong.length === 0) return passed(found.map(({ words }) => words).join(', '), expected);
  const seen = wrong.map(({ address, problem }) => `Kafka advertises ${address}, ${problem}`).join('; ');
  return failed(seen, expected, mapAddresses(settings, wrong));
}

interface Tried {
  readonly address: string;
  readonly words: string;
  readonly problem: string | null;
}

async function tryAddress(tools: Instruments, settings: KafkaSettings, address: string): Promise<Tried> {
  const dialed = settings.addressMap[address] ?? address;
  const words = dialed === address ? address : `${address}, reached as ${dialed}`;
  try {
    await tools.resolve(new URL(`tcp://${dialed}`).hostname.replace(/^\[|\]$/g, ''));
  } catch {
    return { address, words, problem: 'a name that this machine cannot resolve' };
  }
  try {
    await tools.dial(dialed);
    return { address, words, problem: null };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { address, words, problem: `where nobody answers (${code ?? message})` };
  }
}

/** One broker that answers under the address that was set is the one that advertises the other. */
function mapAddresses(settings: KafkaSettings, wrong: readonly Tried[]): Fix {
  const [reached] = settings.brokers;
  const text = 'Map what it advertises to what this machine can reach, then restart the queries.';
  if (wrong.length !== 1 || settings.brokers.length !== 1) {
    return byHand(text, 'KAFKA_BROKER_MAP=advertised:port=reachable:port,...');
  }
  const pairs = { ...settings.addressMap, [wrong[0]?.address ?? '']: reached };
  const map = Object.entries(pairs).map(([from, to]) => `${from}=${to}`);
  return byHand(text, `KAFKA_BROKER_MAP=${map.join(',')}`);
}

function judgeTopic({ topic }: ClusterLook, name: string, isDocker: boolean): Finding {
  const expected = 'the topic, with a leader for each partition, kept for a day or longer';
  if (topic === null) {
    const inside = isDocker ? 'docker compose exec kafka /opt/kafka/bin/' : '';
    const command = `${inside}kafka-topics.sh --bootstrap-server localhost:9092 --create --topic ${name} --partitions ${PARTITIONS}`;
    const text = 'The connector makes it with its first record, with the partitions that are the broker’s default.';
    return failed(
      'there is no such topic',
      expected,
      byUs(text, 'Create topic', [`Create the topic ${name} with ${PARTITIONS} partitions`], command),
    );
  }
  const seen = describe(topic);
  if (topic.leaderless.length > 0) {
    const fix = byHand('Start the brokers that hold these partitions.');
    return failed(`${seen}; no leader for partition ${topic.leaderless.join(', ')}`, expected, fix);
  }
  const advice = adviceOn(topic);
  if (advice === null) return passed(seen, expected);
  const command = `kafka-configs.sh --bootstrap-server localhost:9092 --alter --topic ${name} --add-config ${advice.config}`;
  return warned(seen, expected, byHand(advice.text, command));
}

const describe = ({ partitions, retentionMs, cleanup }: TopicLook): string =>
  `${partitions} ${partitions === 1 ? 'partition' : 'partitions'}, kept ${retentionMs === null ? 'for ever' : span(retentionMs)}${cleanup === 'delete' ? '' : `, cleanup ${cleanup}`}`;

function adviceOn({ retentionMs, cleanup }: TopicLook): { readonly text: string; readonly config: string } | null {
  if (cleanup.includes('compact')) {
    const text =
      'A compacted topic drops older changes of a transaction; a query that is away for long never sees them.';
    return { text, config: 'cleanup.policy=delete' };
  }
  if (retentionMs !== null && retentionMs < DAY_MS) {
    const text = 'A query that is away for longer than this loses records, and stops with DATA_LOSS.';
    return { text, config: `retention.ms=${7 * DAY_MS}` };
  }
  return null;
}

async function judgeEmbedded(source: Source): Promise<Finding> {
  const { start, end } = await source.bounds();
  const kept = [...end].reduce((sum, [partition, offset]) => sum + (offset - (start.get(partition) ?? 0n)), 0n);
  const seen = `${source.topic}, ${end.size} partitions, ${kept.toLocaleString('en-US')} records kept`;
  return passed(seen, 'the topic with its partitions');
}

function needed<T>(part: T | null | undefined): T {
  if (part === null || part === undefined) throw new Error('a check was made without what it looks at');
  return part;
}
