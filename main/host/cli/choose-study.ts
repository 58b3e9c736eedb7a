import { badInput } from '../../domain/errors.ts';
import type { ProjectInfo } from '../../contract/values.ts';

/** The study that was named, else the last one with trials. */
export function chooseStudy(studies: ProjectInfo['studies'], id?: string): ProjectInfo['studies'][number] {
  const study = id === undefined ? (studies.findLast(({ trials }) => trials > 0) ?? studies.at(-1)) : studies.find((one) => one.id === id);
  if (!study) throw badInput('--study', id, studies.length === 0 ? 'a project with a study in it' : studies.map((one) => one.id).join(', '));
  return study;
}
