import { readRoundTrips } from '../../main/contract/round-trips.ts';
import { formatValue } from '../../main/domain/format.ts';
import { projectAsJson, type ExportJson } from '../../main/domain/study-json.ts';
import { saveText, toCsv } from '../charts/export.ts';
import { historyChart } from '../charts/history-chart.ts';
import { parameterChart } from '../charts/parameter-chart.ts';
import { paretoChart } from '../charts/pareto-chart.ts';
import { timelineChart } from '../charts/timeline-chart.ts';
import { explainBest } from './explain-best.ts';
import { finishedText, trialsTable } from './study-words.ts';
import { weakMeasurements } from './weak-measurements.ts';
import type { Rich } from '../charts/rich.ts';
import type { Client } from '../../main/contract/client.ts';
import type { Study } from '../../main/domain/study.ts';
import type { StudyView } from '../state/study.svelte.ts';
import type { ReportParts } from '../charts/html-report.ts';

/** "digits-20-concurrent", for the names of files. */
export function fileStem(study: Study): string {
  return study.spec.name.trim().toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '') || 'study';
}

export function exportTrialsCsv(study: Study): void {
  saveText(`${fileStem(study)}-trials.csv`, toCsv(trialsTable(study, study.trials)));
}

/** The study with every round trip, in the format of the command line's `export`. */
export async function exportStudyJson(client: Client, { projectId, studyId, study }: StudyView, project: string): Promise<void> {
  const roundTrips: NonNullable<ExportJson['roundTrips']> = [];
  for (const { number: trial } of study.trials) {
    const columns = await readRoundTrips(client, { projectId, studyId, trial });
    if (columns !== null) roundTrips.push({ studyId, trial, ...columns });
  }
  saveText(`${fileStem(study)}.json`, JSON.stringify(projectAsJson(project, [study], [], roundTrips)), 'application/json');
}

export async function exportStudyHtml(study: Study, note: string): Promise<void> {
  const [{ toHtmlReport }, parts] = await Promise.all([import('../charts/html-report.ts'), studyReport(study, note)]);
  saveText(`${fileStem(study)}.html`, toHtmlReport(parts), 'text/html');
}

export async function printStudy(study: Study, note: string): Promise<void> {
  const [{ printReport }, parts] = await Promise.all([import('../charts/print-report.ts'), studyReport(study, note)]);
  await printReport(parts);
}

async function studyReport(study: Study, note: string): Promise<ReportParts> {
  const { figureSvg } = await import('../charts/draw/figure.ts');
  const figures = [historyChart(study), paretoChart(study), ...study.spec.space.map((parameter) => parameterChart(study, parameter)), timelineChart(study)];
  const { head, rows } = trialsTable(study, study.trials);
  const shown = (cell: string | number | null): string => (cell === null ? '–' : typeof cell === 'string' ? cell : Number.isInteger(cell) ? String(cell) : formatValue(cell));
  return {
    title: study.spec.name, under: finishedText(study), note, claimsTitle: '', claims: [],
    sentences: [...explainBest(study), ...weakMeasurements(study.trials).map(({ word, trials, reason, remedy }): Rich => [{ strong: `${trials.length} ${word}: ` }, `trials ${trials.map(({ number }) => number).join(', ')}. ${reason} ${remedy}`]), ...(study.note ? [[{ strong: 'Notes: ' }, study.note]] : [])],
    tables: [{ caption: 'Trials', head, rows: rows.map((row) => row.map(shown)) }],
    figures: figures.map((figure) => figureSvg(figure, note)),
  };
}
