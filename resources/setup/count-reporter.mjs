import { appendFileSync } from 'node:fs';

/** Vitest's reporter interface; writes `{ state, name, note? }` as one JSON line when a test ends, so that no crash loses the count. */
// eslint-disable-next-line no-restricted-syntax -- vitest takes the default export
export default class CountReporter {
  onTestCaseResult(test) {
    const { state, note } = test.result();
    write({ state, name: test.fullName, note });
  }

  /** A file that could not be read has no tests to speak for it. */
  onTestModuleEnd(module) {
    if (module.errors().length > 0) write({ state: 'failed', name: module.moduleId });
  }

  onTestRunEnd(_modules, unhandled) {
    for (const { message } of unhandled) write({ state: 'failed', name: message });
  }
}

function write(line) {
  appendFileSync(process.env.SERVESCAPE_TEST_COUNT, `${JSON.stringify(line)}\n`);
}
