import type { ChangeRequest } from '@muster/supervisor';

export type ScaleOptions = {
  aggregators?: number;
  gateways?: number;
  restart?: boolean;
  only?: string;
  /** `NAME=VALUE` each. */
  set?: string[];
  /** How many seconds a process may take to get ready, and the copies to be complete. */
  within?: number;
};

/** What is asked of the supervisor; `look` where nothing is to be changed. */
export type Requested =
  | { kind: 'look' }
  | { kind: 'change'; request: ChangeRequest }
  | { kind: 'problem'; problem: string };

/** What the words of the command ask for. Pure. */
export const requestOf = ({ aggregators, gateways, restart, only, set, within }: ScaleOptions): Requested => {
  const isScale = aggregators !== undefined || gateways !== undefined;
  const bound = within === undefined ? {} : { withinMs: within * 1_000 };
  if (restart && isScale) return { kind: 'problem', problem: 'either numbers or --restart: one change at a time' };
  if (!restart && (only !== undefined || set !== undefined))
    return { kind: 'problem', problem: '--only and --set say what a --restart does' };
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

// the singular names one process, but for aggregators, of which none is called so
const onlyOf = (only: string | undefined) => (only === 'aggregator' ? 'aggregators' : only);
