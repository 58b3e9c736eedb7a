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

/** From vitest's JSON reporter. A file that fails before its first test counts as one failure; so does a missing report. */
export function tallyVitest(report, exitCode) {
  if (report === null) return single(false);
  let tally = none;
  for (const file of report.testResults) {
    const states = file.assertionResults.map(({ status }) => status);
    const skipped = file.assertionResults.filter(({ status }) => isSkipped(status));
    tally = add(tally, {
      passed: states.filter((status) => status === 'passed').length,
      failed: Math.max(states.filter((status) => status === 'failed').length, file.status === 'failed' ? 1 : 0),
      skipped: skipped.length,
      skips: skipped.map(({ fullName, failureMessages }) => [fullName, failureMessages?.[0]].filter(Boolean).join(': ')),
    });
  }
  return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
}

function isSkipped(status) {
  return status === 'skipped' || status === 'pending' || status === 'todo' || status === 'disabled';
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
