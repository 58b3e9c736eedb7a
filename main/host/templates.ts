import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { formatEstimate } from '../domain/format.ts';
import { ServescapeError } from '../domain/errors.ts';
import { studySpecSchema, type StudySpec } from '../domain/study-spec.ts';
import type { TemplateInfo } from '../contract/values.ts';

const indexSchema = z.array(
  z.strictObject({
    id: z.string(), title: z.string(), text: z.string(),
    icon: z.enum(['digits', 'house', 'translate', 'photo', 'speech', 'layers', 'clock']),
    spec: z.string(),
  }),
);

/** The studies a user can start from; `estimateS` says how long one would take here. */
export async function listTemplates(
  resourcesRoot: string, estimateS: (spec: StudySpec) => number,
): Promise<readonly TemplateInfo[]> {
  const folder = join(resourcesRoot, 'templates');
  const index = indexSchema.parse(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')));
  return Promise.all(
    index.map(async ({ spec: file, ...shown }) => {
      const spec = studySpecSchema.parse(JSON.parse(await readFile(join(folder, file), 'utf8')));
      const facts = `${spec.space.length} parameters · ${spec.budget.trials} trials · ${formatEstimate(estimateS(spec))}`;
      return { ...shown, facts, spec };
    }),
  );
}

export function templateById(templates: readonly TemplateInfo[], id: string): TemplateInfo {
  const template = templates.find((candidate) => candidate.id === id);
  if (template) return template;
  const accepted = templates.map((candidate) => candidate.id).join(', ');
  throw new ServescapeError('bad-input', `template: “${id}” is not a template. Accepted: ${accepted}.`, {
    field: 'template', value: id, accepted,
  });
}
