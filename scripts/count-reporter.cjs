const { reporters } = require('mocha');

/**
 * Mocha's usual report. After each test it also sends the counts so far, and the failed tests with their errors, to the
 * process that started mocha.
 */
function CountReporter(runner, options) {
  const failures = [];
  runner.on('fail', (test, error) => failures.push({ title: test.fullTitle(), error: firstLines(error) }));
  const report = (ended) => {
    const { passes, failures: failed, pending } = runner.stats;
    process.send?.({ kind: 'counts', passed: passes, failed, skipped: pending, ended, failures });
  };
  const spec = new reporters.Spec(runner, options);
  for (const event of ['pass', 'fail', 'pending']) runner.on(event, () => report(false));
  runner.once('end', () => report(true));
  return spec;
}

const firstLines = (error) =>
  String(error?.stack ?? error)
    .split('\n')
    .slice(0, 12)
    .join('\n');

module.exports = CountReporter;
