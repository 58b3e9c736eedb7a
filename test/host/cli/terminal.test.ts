import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { nameSchema } from '../../../main/domain/study-spec.ts';
import { createProgressPainter } from '../../../main/host/cli/progress-line.ts';
import { keepTerminalSafe, terminalText } from '../../../main/host/cli/terminal-text.ts';
import { createProjectFile } from '../../../main/project/project-file.ts';
import { at, runStarted, sampleSpec, trialEvents } from '../../project/sample-study.ts';
import { temporaryFolder } from '../../project/temporary-folder.ts';

const HOSTILE = '\u001b]0;owned\u0007\u001b[2Jbad\u009b31m\u202e';

it('what a hostile file says reaches the terminal as text', { timeout: 300_000 }, () => {
  const folder = temporaryFolder();
  const project = createProjectFile(join(folder, 'p.servescape'), { name: 'p' });
  const store = project.store(project.createStudy(sampleSpec('Named', 2), at(0)));
  store.append(runStarted);
  store.append(trialEvents(1)[0]!);
  store.append({ kind: 'trial-finished', at: at(9), trial: 1, seconds: null, outcome: { state: 'failed', measurement: null, failure: { code: 'crashed-under-load', message: `It said ${HOSTILE}`, log: [HOSTILE] } } });
  project.close();
  const raw = new DatabaseSync(project.path);
  raw.exec(`DROP TRIGGER event_is_never_changed; UPDATE event SET json = replace(json, 'Named', 'Named\\u001b[2J\\u009b31m')`);
  raw.close();
  for (const more of [[], ['--json']]) {
    const { stdout, stderr, status } = spawnSync(process.execPath, [resolve(import.meta.dirname, '../../../main/host/cli.ts'), 'show', project.path, ...more], {
      encoding: 'utf8', env: { ...process.env, SERVESCAPE_DATA: join(folder, 'data') },
    });
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Named');
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    if (more.length > 0) expect(() => JSON.parse(stdout) as unknown).not.toThrow();
  }
});

it('a name is one line of text', () => {
  expect(nameSchema.parse(`  a\u001b[31m\nb\u202ec `)).toBe('a [31m b c');
  expect(nameSchema.safeParse('\u0007\u0007').success).toBe(false);
  expect(nameSchema.parse('Größe 7 – 👩‍🔬')).toBe('Größe 7 – 👩‍🔬');
});

it('shows what a terminal would obey, and leaves new lines and tabs', () => {
  expect(terminalText('a\tb\nc\u001b[31m\u0007')).toBe('a\tb\nc\\u001b[31m\\u0007');
  const printed: string[] = [];
  const out = { log: (text: string) => void printed.push(text), error: (text: string) => void printed.push(text) } as unknown as Pick<Console, 'log' | 'error'>;
  keepTerminalSafe(out);
  out.log(HOSTILE);
  out.error(HOSTILE);
  createProgressPainter({ isTTY: false, write: (text: string) => printed.push(text) } as never).line(HOSTILE);
  for (const text of printed) expect(text).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  expect(printed).toHaveLength(3);
});
