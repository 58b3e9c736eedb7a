/** Counts what the two test runners report. A tally is `{ passed, failed, skipped, skips }`, `skips` in words. */
export const none = { passed: 0, failed: 0, skipped: 0, skips: [] };

export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped, skips: [...a.skips, ...b.skips] };
}

export function single(ok) {
  return { ...none, passed: ok ? 1 : 0, failed: ok ? 0 : 1 };
}

export function skip(what, reason) {
  return { ...none, skipped: 1, skips: [`${what}: ${reason}`] };
}

/**
 * From the lines of our own reporter, one per test as it ends: a run that dies in the middle is still counted. A file that
 * fails before its first test, an error outside every test and a run that failed without saying where count as one failure.
 */
export function tallyVitest(lines, exitCode) {
  if (lines === null) return single(false);
  const of = (state) => lines.filter((line) => line.state === state);
  const skips = of('skipped').map(({ name, note }) => [name, note].filter(Boolean).join(': '));
  const tally = { passed: of('passed').length, failed: of('failed').length, skipped: skips.length, skips };
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

/** From Playwright's JSON reporter; the reason of a skip stands in its annotation. */
export function tallyPlaywright(report, exitCode) {
  if (report === null) return single(false);
  const { expected, unexpected, flaky, skipped } = report.stats;
  const skips = specsOf(report.suites).flatMap((spec) =>
    spec.tests.filter(({ status }) => status === 'skipped').map(({ annotations }) => {
      const reason = annotations.find(({ type }) => type === 'skip')?.description;
      return [spec.title, reason].filter(Boolean).join(': ');
    }),
  );
  // A test that passed only when tried again has failed.
  const failed = unexpected + flaky + (exitCode !== 0 && unexpected + flaky === 0 ? 1 : 0);
  return { passed: expected, failed, skipped, skips };
}

function specsOf(suites = []) {
  return suites.flatMap((suite) => [...(suite.specs ?? []), ...specsOf(suite.suites)]);
}
