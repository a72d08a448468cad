/** A connection to a broker, plain or encrypted. */
import net, { type OnReadOpts, type Socket } from 'node:net';
import tls from 'node:tls';
import { lend } from './kafka-buffers.ts';
import type { KafkaSettings } from './kafka-settings.ts';

const KEEP_ALIVE_MS = 30_000;
/** Bytes taken from the system at a time. */
const READ_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;
/** A length beyond this is none: what came is handed on as it is. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** @param onBytes called whenever something comes */
export function openSocket(
  settings: KafkaSettings,
  host: string,
  port: number,
  onConnect: () => void,
  onBytes: () => void,
): Socket {
  const [dialed = host, dialedPort = port] = settings.addressMap[`${host}:${port}`]?.split(':') ?? [];
  const address = { host: dialed, port: Number(dialedPort) };
  const { tls: secure, sasl } = settings;
  if (!secure && !sasl) {
    const answers = new Answers((answer) => socket.emit('data', answer));
    const socket = net.connect({ ...address, onread: answers.reading(onBytes) }, onConnect);
    return prepare(socket);
  }
  const socket = secure ? connectSecurely(secure, host, address, onConnect) : net.connect(address, onConnect);
  return prepare(socket).on('data', onBytes);
}

/**
 * The client lets go of a socket with each failure of its connection, also long after the socket is closed. Node would
 * wait each time for it to connect, and warn of so many who wait.
 */
function prepare(socket: Socket): Socket {
  const letGo = socket.unref.bind(socket);
  socket.unref = () => (socket.destroyed ? socket : letGo());
  return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
}

function connectSecurely(
  { ca, certificate, key }: NonNullable<KafkaSettings['tls']>,
  host: string,
  address: { host: string; port: number },
  onConnect: () => void,
): Socket {
  const identity = { ...(ca && { ca }), ...(certificate && { cert: certificate }), ...(key && { key }) };
  const name = net.isIP(host) ? {} : { servername: host };
  return tls.connect({ ...address, ...identity, ...name }, onConnect);
}

/**
 * Puts answers together, each in one buffer behind its length. Otherwise each piece that the system hands over would be
 * a buffer of its own, copied once more: garbage of twice the size of the topic.
 */
export class Answers {
  readonly #emit: (answer: Buffer) => void;
  readonly #length = Buffer.alloc(LENGTH_BYTES);
  #answer: Buffer = this.#length;
  #filled = 0;

  constructor(emit: (answer: Buffer) => void) {
    this.#emit = emit;
  }

  reading(onBytes: () => void): OnReadOpts {
    const callback = (count: number, bytes: Uint8Array): boolean => {
      onBytes();
      this.take(bytes.subarray(0, count));
      return true;
    };
    return { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback };
  }

  /** The bytes may be overwritten afterwards. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + this.#answer.length - this.#filled);
      this.#answer.set(bytes.subarray(at, end), this.#filled);
      this.#filled += end - at;
      at = end;
      if (this.#filled === this.#answer.length) this.#full();
    }
  }

  #full(): void {
    if (this.#answer !== this.#length) {
      this.#emit(this.#answer);
      [this.#answer, this.#filled] = [this.#length, 0];
      return;
    }
    const size = this.#length.readInt32BE();
    if (size <= 0 || size > MAX_ANSWER_BYTES) {
      this.#emit(Buffer.from(this.#length));
      this.#filled = 0;
      return;
    }
    this.#answer = lend(LENGTH_BYTES + size);
    this.#answer.set(this.#length);
  }
}
