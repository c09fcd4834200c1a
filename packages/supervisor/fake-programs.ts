const stopping = `
const stop = () => process.exit(0);
process.once('disconnect', stop).on('SIGTERM', process.env.DEAF ? () => undefined : stop);`;

const gateway = `
import { createServer } from 'node:http';
process.title = 'fake-gateway';
const server = createServer((_, response) => response.end('{}'));
server.listen(Number(process.env.PORT), process.env.HOST, () => {
  process.send({ kind: 'ready', port: server.address().port });
});`;

const aggregator = `
process.title = 'fake-aggregator';
const msg = 'Started ' + process.env.AGGREGATOR_NAME + ' with ' + process.env.COLOUR;
console.log(JSON.stringify({ level: 30, time: 0, msg }));
if (process.env.EXIT_CODE) {
  console.error('No good');
  process.exit(Number(process.env.EXIT_CODE));
}
setInterval(() => undefined, 1_000);
process.send({ kind: 'ready' });`;

const programOf = (body: string) => ['--input-type=module', '--eval', `${stopping}\n${body}`];

/**
 * Replacements of the two programs, for tests of the supervisor. They send the ready message, answer `{}`, and stop on
 * SIGTERM or when the supervisor ends. With EXIT_CODE an aggregator exits at once; with DEAF they ignore SIGTERM. An
 * aggregator logs its name and its COLOUR.
 */
export const fakePrograms = { gateway: programOf(gateway), aggregator: programOf(aggregator) };
