/** The services of the compose file for somebody who runs no queries: looked at and commanded, and nothing else. */
import type { LogLevel } from '../../pipeline/events.ts';
import type { ServiceView, StackControl, StackWork } from '../stack.ts';
import { openDockerCli } from './cli.ts';
import { createContainers } from './containers.ts';
import { createControl } from './control.ts';
import { createLogTails } from './log-tails.ts';
import type { Project } from './verbs.ts';
import { dockerViews } from './views.ts';

export interface DockerAlone {
  readonly control: StackControl;
  services(): Promise<readonly ServiceView[]>;
  close(): Promise<void>;
}

export interface DockerAloneOptions {
  readonly project: Project;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onWork: (work: StackWork | null) => void;
  readonly log: (level: LogLevel, message: string) => void;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Only tests name another one. */
  readonly command?: string;
}

export function openDockerAlone(options: DockerAloneOptions): DockerAlone {
  const { project, env, command, onWork, log, signal } = options;
  const docker = openDockerCli({ project, env, ...(command !== undefined && { command }) });
  const containers = createContainers({ docker, onChange: () => undefined, log });
  const tails = createLogTails(docker);
  return {
    control: createControl({ docker, containers, tails, onWork, signal }),
    services: async () => dockerViews(await containers.look(), new Map(), null),
    close: async () => {
      await containers.stop();
      await tails.stop();
    },
  };
}
