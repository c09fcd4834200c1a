const { reporters } = require('mocha');

/** Mocha's usual report. After each test it also sends the counts so far to the process that started mocha. */
function CountReporter(runner, options) {
  const report = (ended) => {
    const { passes, failures, pending } = runner.stats;
    process.send?.({ kind: 'counts', passed: passes, failed: failures, skipped: pending, ended });
  };
  const spec = new reporters.Spec(runner, options);
  for (const event of ['pass', 'fail', 'pending']) runner.on(event, () => report(false));
  runner.once('end', () => report(true));
  return spec;
}

module.exports = CountReporter;
