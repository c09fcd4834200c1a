import { runProgram } from '@muster/runtime';
import { start } from './start.ts';
const force = new AbortController();
const asked: number[] = [];
const onSignal = () => { asked.push(performance.now()); if ((asked.at(-1) ?? 0) - (asked[0] ?? 0) > 500) force.abort(); };
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
const output = { write: (text: string) => void process.stdout.write(text), isColour: false, programs: { gateway: ['/tmp/fake/gateway.mjs'], aggregator: ['/tmp/fake/aggregator.mjs'] } };
await runProgram('muster', (e, stop) => start(e, { stop, force: force.signal }, output), 60_000);
