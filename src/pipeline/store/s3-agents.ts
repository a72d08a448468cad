/**
 * The connections of S3 clients. When a server was silent for too long, the idle connections to it are not trusted
 * either: whatever lost one of them without a word has lost its neighbours, and each would cost a deadline of its own.
 */
import http from 'node:http';
import https from 'node:https';

export interface Agents {
  readonly httpAgent: http.Agent;
  readonly httpsAgent: https.Agent;
}

/** Endpoint -> the agents of every store there: checkpoint, table and quarantine have connections of their own. */
const known = new Map<string, Set<Agents>>();

export function openAgents(endpoint: string): Agents {
  const options = { keepAlive: true, maxSockets: 50 };
  const agents = { httpAgent: new http.Agent(options), httpsAgent: new https.Agent(options) };
  const all = known.get(endpoint) ?? new Set();
  known.set(endpoint, all.add(agents));
  return agents;
}

export function closeAgents(endpoint: string, agents: Agents): void {
  known.get(endpoint)?.delete(agents);
  agents.httpAgent.destroy();
  agents.httpsAgent.destroy();
}

/** The next requests to the server go over new connections; what is under way goes on. */
export function dropIdle(endpoint: string): void {
  for (const { httpAgent, httpsAgent } of known.get(endpoint) ?? []) {
    const idle = [httpAgent, httpsAgent].flatMap((agent) => Object.values(agent.freeSockets));
    for (const socket of idle.flatMap((sockets) => sockets ?? [])) socket.destroy();
  }
}
