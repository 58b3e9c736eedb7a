import { counted } from '../../domain/format.ts';
import type { Deployed } from '../../contract/deployed-methods.ts';
import type { Command } from '../cli.ts';
import { parseCommandLine, wholeNumber } from './arguments.ts';
import { chooseStudy } from './choose-study.ts';
import { withProgram } from './program.ts';
import { projectPath } from './spec-file.ts';
import { nextStopSignal } from './stop-signal.ts';

export const DEPLOY: Command = {
  usage: `deploy PROJECT [--study ID] [--trial N]
  Keeps a configuration running and watches it, until Ctrl+C; a replica that dies is brought up again.
  --study ID   which study (default: the last with trials)
  --trial N    which trial's configuration (default: the best)`,
  run: runDeploy,
};

async function runDeploy(args: readonly string[], entryUrl: string): Promise<number> {
  const { values, positionals } = parseCommandLine(args, { study: { type: 'string' }, trial: { type: 'string' } }, { least: ['PROJECT'] });
  const trial = wholeNumber('--trial', values.trial, 1, 1_000_000) ?? null;
  const path = await projectPath('PROJECT', positionals[0]!);
  return withProgram(entryUrl, async ({ client }) => {
    const { projectId, studies } = await client.call('project.open', { path });
    const study = chooseStudy(studies, values.study);
    await client.call('deployed.start', { projectId, studyId: study.id, trial });
    const failed = Promise.withResolvers<'failed'>();
    failed.promise.catch(() => undefined);
    let said = '';
    const leave = client.watch('deployed.watch', {}, {
      onItem: (deployed) => {
        if (deployed === null) return;
        const sentence = sentenceOf(deployed);
        if (sentence !== said) console.log((said = sentence));
        if (deployed.state === 'failed') failed.resolve('failed');
      },
      onError: failed.reject,
    });
    const how = await Promise.race([nextStopSignal(), failed.promise]);
    leave();
    await client.call('deployed.stop', {});
    if (how === 'failed') return 1;
    console.log('Stopped; every replica is gone.');
    return 0;
  });
}

/** Said when something has changed, not every second. */
function sentenceOf({ state, trial, words, replicas, predictPath, fault, restarts }: Deployed): string {
  const why = fault === null ? '' : ` ${fault.message} ${fault.hint}`.trimEnd();
  switch (state) {
    case 'starting':
      return `Bringing up trial ${trial}: ${words}.`;
    case 'serving': {
      const silent = replicas.filter(({ answered }) => answered === false).length;
      const addresses = replicas.map(({ address }) => `  http://${address}${predictPath}`).join('\n');
      return `Serving${restarts === 0 ? '' : ` again (${counted(restarts, 'restart')})`}. Ctrl+C stops it.\n${addresses}${silent === 0 ? '' : `\n${silent} of ${replicas.length} do not answer.`}`;
    }
    case 'restarting':
      return `Bringing it up again.${why}`;
    case 'failed':
      return `Given up.${why}`;
  }
}
