import { exitCodeOf } from './cli/outcome.ts';
import { keepTerminalSafe } from './cli/terminal-text.ts';
import { badInput } from '../domain/errors.ts';

/** A command of the command line: its help text, and what it does with its arguments; resolves to the exit code. */
export interface Command {
  readonly usage: string;
  readonly run: (args: readonly string[], entryUrl: string) => Promise<number>;
}

/** Loaded when asked for, so that `--help` is quick and `sampler` does not start the rest of the program. */
const COMMANDS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  run: { summary: 'run a study, or go on with one', load: async () => (await import('./cli/run.ts')).RUN },
  sweep: { summary: 'the same study over a list of concurrencies', load: async () => (await import('./cli/sweep.ts')).SWEEP },
  duel: { summary: 'random against Bayesian search at equal budget', load: async () => (await import('./cli/sweep.ts')).DUEL },
  reproduce: { summary: 'everything the report did, unattended', load: async () => (await import('./cli/reproduce.ts')).REPRODUCE },
  report: { summary: 'Table 1 and the claims of a sweep', load: async () => (await import('./cli/report.ts')).REPORT },
  show: { summary: 'what is in a project file', load: async () => (await import('./cli/show.ts')).SHOW },
  export: { summary: 'everything in a project as JSON', load: async () => (await import('./cli/export.ts')).EXPORT },
  note: { summary: 'keep a note on a study or trial', load: async () => (await import('./cli/note.ts')).NOTE },
  repair: { summary: 'save what is whole of a damaged project file', load: async () => (await import('./cli/repair.ts')).REPAIR },
  new: { summary: 'write the study of a template, to be edited', load: async () => (await import('./cli/new.ts')).NEW },
  try: { summary: 'one request and one answer of a study, before it runs', load: async () => (await import('./cli/try.ts')).TRY },
  serve: { summary: 'serve the program to a browser on this machine', load: async () => (await import('./cli/serve.ts')).SERVE },
  preflight: { summary: 'what this machine can do', load: async () => (await import('./cli/preflight.ts')).PREFLIGHT },
  nodes: { summary: 'engines or swarm nodes: what is free, who runs what', load: async () => (await import('./cli/nodes.ts')).NODES },
  image: { summary: 'images of servers: list, build, pull', load: async () => (await import('./cli/image.ts')).IMAGE },
  probe: { summary: 'find bounds for CPU and memory', load: async () => (await import('./cli/probe.ts')).PROBE },
  scale: { summary: 'past the lab: one configuration up to 10,000 replicas, simulated', load: async () => (await import('./cli/scale.ts')).SCALE },
  compose: { summary: 'a configuration as a docker-compose project', load: async () => (await import('./cli/compose.ts')).COMPOSE },
  deploy: { summary: 'keep a configuration running, watched', load: async () => (await import('./cli/deploy.ts')).DEPLOY },
  clocks: { summary: 'GPU clocks: show them, give back what was changed', load: async () => (await import('./cli/clocks.ts')).CLOCKS },
  sampler: { summary: 'a sampler as JSON lines: ask and tell', load: async () => (await import('./cli/sampler-command.ts')).SAMPLER },
  load: { summary: 'the load generator on its own', load: async () => (await import('./cli/load-command.ts')).LOAD },
};

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(help());
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) throw badInput('command', name, Object.keys(COMMANDS).join(', '));
  const command = await entry.load();
  if (rest.includes('--help') || rest.includes('-h')) {
    console.log(`servescape ${command.usage}`);
    return 0;
  }
  return command.run(rest, import.meta.url);
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return ['Usage: npm run -s cli -- COMMAND …', '', ...lines, '', 'COMMAND --help explains one. Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped.'].join('\n');
}

keepTerminalSafe();
const args = process.argv.slice(2);
process.exitCode = await exitCodeOf(() => main(args), { json: args.includes('--json') });
