const { reporters } = require('mocha');

/** Mocha's usual report, and to the process that started mocha the counts so far after each test. */
function CountReporter(runner, options) {
  const tell = (ended) => {
    const { passes, failures, pending } = runner.stats;
    process.send?.({ kind: 'counts', passed: passes, failed: failures, skipped: pending, ended });
  };
  const spec = new reporters.Spec(runner, options);
  for (const event of ['pass', 'fail', 'pending']) runner.on(event, () => tell(false));
  runner.once('end', () => tell(true));
  return spec;
}

module.exports = CountReporter;
