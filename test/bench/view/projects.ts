import { createRandom } from '../../../main/domain/random.ts';
import { createProjectFile } from '../../../main/project/project-file.ts';
import { roundTripsOf } from '../../project/stored-duel.ts';
import { digitsSpec, studyEvents } from '../../renderer/fixtures/build-study.ts';

const AT = '2026-11-21T10:00:00.000Z';

/** Writes a project of `trials` trials; its best one has `requests` round trips on file. Run as a process of its own: path, trials, requests. */
const [path, trials, requests] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];
const file = createProjectFile(path, { name: `${trials} trials`, at: AT });
const spec = digitsSpec({ budget: { trials: Math.max(trials, 50) }, measurement: { requests: { kind: 'fixed', count: Math.max(requests, 3413) } } });
const store = file.store(file.createStudy(spec, AT));
if (trials > 0) {
  for (const event of studyEvents({ trials, failEvery: 9, end: true, budget: Math.max(trials, 50), spec: { measurement: spec.measurement } }).slice(1)) store.append(event);
  const best = store.study().incumbent;
  if (best !== null && requests > 0) store.appendRoundTrips(best, roundTripsOf(requests, 5, 5, createRandom(1)));
}
file.close();
