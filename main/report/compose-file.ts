import { describeConfiguration, type ServingConfiguration } from '../domain/serving-configuration.ts';

/** One configuration as a docker-compose project. Texts and flags come from the room that starts replicas. */
export interface ComposeProject {
  /** "digits-trial-9" */
  readonly name: string;
  /** Written above it: which study, which trial, what was measured. */
  readonly remarks: readonly string[];
  readonly serving: ServingConfiguration;
  readonly image: string;
  readonly modelName: string;
  readonly modelFolder: string;
  /** Flags after the image's own entry point. */
  readonly command: readonly string[];
  readonly batchingText: string;
  readonly monitoringText: string;
  /** The first replica's port on 127.0.0.1; the others follow. */
  readonly firstPort: number;
  readonly gpus: string;
  readonly cpuset: string | null;
}

/** `inline`: one file, for Docker Compose 2.23.1 or newer. `files`: three files, for any version. */
export type ComposeStyle = 'inline' | 'files';

export interface ComposeFileText {
  readonly name: string;
  readonly text: string;
}

export const COMPOSE_FILE = 'compose.yaml';
const BATCHING = { name: 'batching.txt', target: '/config/batching.txt' };
const MONITORING = { name: 'monitoring.txt', target: '/config/monitoring.txt' };
const REST_PORT = 8501;

/** The files; the first is the one to start. */
export function composeFiles(project: ComposeProject, style: ComposeStyle): readonly ComposeFileText[] {
  const yaml = { name: COMPOSE_FILE, text: `${lines(project, style).join('\n')}\n` };
  if (style === 'inline') return [yaml];
  return [yaml, { name: BATCHING.name, text: project.batchingText }, { name: MONITORING.name, text: project.monitoringText }];
}

function lines(project: ComposeProject, style: ComposeStyle): readonly string[] {
  const { serving, firstPort } = project;
  const last = firstPort + serving.replicas - 1;
  const ports = serving.replicas === 1 ? String(firstPort) : `${firstPort}-${last}`;
  const memory = `${serving.memoryMb}m`;
  return [
    ...project.remarks.map((remark) => `# ${remark.replace(/[\r\n]+/g, ' ')}`),
    `# ${describeConfiguration(serving)}`,
    style === 'inline' ? '# Start: docker compose up -d (2.23.1 or newer).' : '# Start: docker compose up -d, in this folder.',
    `# Ask: curl http://127.0.0.1:${firstPort}/v1/models/${project.modelName}`,
    // Compose before 2 knows "scale" from version 2.4 on; newer ones ignore the line.
    ...(style === 'files' ? ["version: '2.4'"] : [`name: ${text(projectName(project.name))}`]),
    'services:',
    '  replica:',
    `    image: ${text(project.image)}`,
    `    scale: ${serving.replicas}`,
    `    environment: [${text(`MODEL_NAME=${project.modelName}`)}]`,
    '    command:',
    ...project.command.map((flag) => `      - ${text(flag)}`),
    `    ports: [${text(`127.0.0.1:${ports}:${REST_PORT}`)}]`,
    `    cpus: ${serving.cpuCores.toFixed(2)}`,
    `    mem_limit: ${memory}`,
    '    # Equal to the memory: with more, the replica would swap instead of being ended.',
    `    memswap_limit: ${memory}`,
    ...(project.cpuset === null ? [] : [`    cpuset: ${text(project.cpuset)}`]),
    '    cap_drop: [ALL]',
    '    security_opt: ["no-new-privileges:true"]',
    ...(style === 'files' ? ['    read_only: true'] : []),
    '    tmpfs: [/tmp]',
    ...gpuLines(project.gpus, style),
    '    volumes:',
    `      - ${text(`${project.modelFolder}:/models/${project.modelName}:ro`)}`,
    ...configLines(project, style),
  ];
}

function configLines({ batchingText, monitoringText }: ComposeProject, style: ComposeStyle): readonly string[] {
  const both = [{ ...BATCHING, key: 'batching', content: batchingText }, { ...MONITORING, key: 'monitoring', content: monitoringText }];
  if (style === 'files') return both.map(({ name, target }) => `      - ${text(`./${name}:${target}:ro`)}`);
  return [
    '    configs:',
    ...both.flatMap(({ key, target }) => [`      - source: ${key}`, `        target: ${target}`]),
    'configs:',
    ...both.flatMap(({ key, content }) => [`  ${key}:`, '    content: |', ...content.trimEnd().split('\n').map((line) => `      ${escaped(line)}`)]),
  ];
}

/** Version 2.4 has no device requests; there the runtime of the NVIDIA toolkit says it. */
function gpuLines(gpus: string, style: ComposeStyle): readonly string[] {
  if (gpus === 'none') return [];
  if (style === 'files') return ['    runtime: nvidia', `    # GPUs: ${gpus}`];
  const which = gpus === 'all' ? 'count: all' : `device_ids: [${gpus.split(',').map(text).join(', ')}]`;
  return ['    deploy:', '      resources:', '        reservations:', '          devices:', `            - { driver: nvidia, ${which}, capabilities: [gpu] }`];
}

/** A YAML string in double quotes, as JSON is; compose would read `$` as a variable. */
function text(value: string): string {
  return escaped(JSON.stringify(value));
}

function escaped(value: string): string {
  return value.replaceAll('$', '$$$$');
}

/** Small letters, digits and dashes, as compose wants. */
function projectName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '') || 'servescape';
}
