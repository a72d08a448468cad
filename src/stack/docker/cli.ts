/**
 * The one file that runs the `docker` command. It knows contexts, rootless engines, Podman's stand-in and the pipes of
 * Windows by itself. Its words come from {@link wordsOf} alone, and no shell reads them.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { dockerError } from './failures.ts';
import { wordsOf, type Project, type Verb } from './verbs.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface DockerCli {
  /** Resolves with what it wrote when it has ended well; rejects with what it complained about. */
  run(verb: Verb, signal?: AbortSignal): Promise<string>;
  /** Tells each line of both streams until it ends or is stopped. */
  follow(verb: Verb, onLine: (line: string) => void): Followed;
}

export interface Followed {
  /** Resolves when it has ended, however it did. */
  readonly ended: Promise<void>;
  stop(): void;
}

export interface DockerCliOptions {
  readonly project: Project;
  /** Contexts, sockets and what the compose file takes from the environment. */
  readonly env: Env;
  /** Only tests name another one. */
  readonly command?: string;
}

/** What is kept of a stream: enough for a long list of containers, and of a complaint its end. */
const LONGEST_OUTPUT = 4 * 1024 * 1024;
/** Short questions; the other verbs take as long as the containers do. */
const DEADLINE_MS = 20_000;
const QUESTIONS: readonly Verb['do'][] = ['version', 'compose-version', 'root', 'config', 'ids', 'inspect', 'stats'];

export function openDockerCli({ project, env, command = 'docker' }: DockerCliOptions): DockerCli {
  const start = (verb: Verb): ChildProcess =>
    spawn(command, wordsOf(verb, project), {
      env: { ...env, COMPOSE_PROGRESS: 'plain', DOCKER_CLI_HINTS: 'false', NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
  return {
    run: (verb, signal) => runToEnd(start(verb), verb, signal),
    follow: (verb, onLine) => followLines(start(verb), onLine),
  };
}

function runToEnd(child: ChildProcess, verb: Verb, signal?: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const said = { out: '', err: '' };
    let late = false;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out = keepEnd(said.out + text)));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err = keepEnd(said.err + text)));
    const stop = (): void => void child.kill('SIGTERM');
    const timer = setTimeout(
      () => {
        late = true;
        child.kill('SIGKILL');
      },
      QUESTIONS.includes(verb.do) ? DEADLINE_MS : 2 ** 31 - 1,
    );
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    const settle = (work: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      work();
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      settle(() => reject(dockerError(verb.do, { kind: 'no-command', reason: error.code ?? error.message }))),
    );
    child.once('close', (code) =>
      settle(() => {
        if (code === 0) return resolve(said.out);
        const failure = late
          ? ({ kind: 'silent', seconds: DEADLINE_MS / 1_000 } as const)
          : ({ kind: 'refused', code, text: said.err } as const);
        reject(dockerError(verb.do, failure));
      }),
    );
  });
}

function followLines(child: ChildProcess, onLine: (line: string) => void): Followed {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream, crlfDelay: Infinity }).on('line', onLine);
  }
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  });
  return { ended, stop: () => void child.kill('SIGTERM') };
}

const keepEnd = (text: string): string => (text.length > LONGEST_OUTPUT ? text.slice(-LONGEST_OUTPUT) : text);
