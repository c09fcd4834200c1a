import type { ChangeRequest } from '@muster/supervisor';

export type ScaleOptions = {
  aggregators?: number;
  gateways?: number;
  restart?: boolean;
  only?: string;
  /** Settings, each as `NAME=VALUE`. */
  set?: string[];
  /** How long a process may take to get ready, and how long to wait for complete copies, in seconds. */
  within?: number;
};

/** What the command shall do. `look`: print the status and change nothing. */
export type Requested =
  | { kind: 'look' }
  | { kind: 'change'; request: ChangeRequest }
  | { kind: 'problem'; problem: string };

/** Returns what the command's options request, or the problem. Pure. */
export const requestOf = ({ aggregators, gateways, restart, only, set, within }: ScaleOptions): Requested => {
  const isScale = aggregators !== undefined || gateways !== undefined;
  const bound = within === undefined ? {} : { withinMs: within * 1_000 };
  if (restart && isScale)
    return { kind: 'problem', problem: 'expected either numbers or --restart, found both. Run one change at a time' };
  if (!restart && (only !== undefined || set !== undefined))
    return { kind: 'problem', problem: '--only and --set need --restart' };
  if (isScale) return { kind: 'change', request: { kind: 'scale', aggregators, gateways, ...bound } };
  if (!restart) return { kind: 'look' };
  const settings = (set ?? []).map((word) => /^([^=]+)=(.*)$/s.exec(word)?.slice(1) ?? [word, undefined]);
  const wrong = settings.find(([, value]) => value === undefined);
  if (wrong) return { kind: 'problem', problem: `--set ${wrong[0]}: expected NAME=VALUE` };
  return {
    kind: 'change',
    request: { kind: 'restart', only: onlyOf(only), settings: Object.fromEntries(settings), ...bound },
  };
};

// `gateway` is the name of a process, but no process is named `aggregator`: it stands for all aggregators
const onlyOf = (only: string | undefined) => (only === 'aggregator' ? 'aggregators' : only);
