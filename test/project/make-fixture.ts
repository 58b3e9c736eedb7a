/**
 * Writes the fixture of the current format: `node test/project/make-fixture.ts`. Run once per format, then never again
 * for that format: the committed file is what an older version left on a user's disk.
 */
import { existsSync } from 'node:fs';
import { createProjectFile } from '../../main/project/project-file.ts';
import { FORMAT_VERSION } from '../../main/project/project-format.ts';
import { at, runStarted, sampleRoundTrips, sampleSpec, trialEvents } from './sample-study.ts';

const path = new URL(`./fixtures/format-${FORMAT_VERSION}.servescape`, import.meta.url).pathname;
if (existsSync(path)) throw new Error(`${path} is there already; a released format's fixture is never written again.`);

const project = createProjectFile(path, { name: `Format ${FORMAT_VERSION}`, at: at(0) });
const store = project.store(project.createStudy(sampleSpec('Finished', 5), at(0)));
store.append(runStarted);
for (let trial = 1; trial <= 5; trial++) {
  for (const event of trialEvents(trial)) store.append(event);
  store.appendRoundTrips(trial, sampleRoundTrips(20, trial));
}
store.append({ kind: 'run-ended', at: at(99), reason: { kind: 'budget', text: 'All 5 trials are done.' } });
store.append({ kind: 'note-written', at: at(99), trial: 2, text: 'The window was open.' });
store.append({ kind: 'note-written', at: at(99), trial: null, text: 'Second try,\nother room.' });
const cut = project.store(project.createStudy(sampleSpec('Cut off', 5), at(100)));
for (const event of [runStarted, ...trialEvents(1), trialEvents(2)[0]!]) cut.append(event);
project.close();
