/** As much of a broker as a client needs to call itself connected: it says which requests it knows, and hears the others. */
import net, { type AddressInfo, type Socket } from 'node:net';

export interface SlightBroker {
  readonly address: string;
  /** Connections that were taken. */
  readonly taken: () => number;
  /** Resolves when it has been asked something else, on any connection. */
  asked(): Promise<void>;
  close(): Promise<void>;
}

const API_VERSIONS = 18;
const METADATA = 3;
const CREATE_TOPICS = 19;

export async function startBroker(): Promise<SlightBroker> {
  const sockets = new Set<Socket>();
  let hear = (): void => undefined;
  const asked = new Promise<void>((resolve) => (hear = resolve));
  let taken = 0;
  const server = net.createServer((socket) => {
    taken += 1;
    sockets.add(socket);
    // The client ends connections as it likes.
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    // A request is so short that it comes in one piece.
    socket.on('data', (request) => {
      if (request.readInt16BE(4) === API_VERSIONS) socket.write(knows(request.readInt32BE(8)));
      else hear();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => taken,
    asked: () => asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Length, the number of the request, no error, the requests with their first and last version, no throttling. */
function knows(correlationId: number): Buffer {
  const apis = [METADATA, CREATE_TOPICS, API_VERSIONS];
  const answer = Buffer.alloc(4 + 4 + 2 + 4 + apis.length * 6 + 4);
  answer.writeInt32BE(answer.length - 4);
  answer.writeInt32BE(correlationId, 4);
  answer.writeInt32BE(apis.length, 10);
  apis.forEach((api, index) => {
    answer.writeInt16BE(api, 14 + index * 6);
    answer.writeInt16BE(2, 14 + index * 6 + 4);
  });
  return answer;
}
