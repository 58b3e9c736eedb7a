import { ServescapeError, type ErrorCode } from '../../domain/errors.ts';

/** What dockerode throws: its `reason` misleads for some codes, the engine's own words are in `json.message`. */
export interface EngineRefusal {
  readonly statusCode?: number;
  readonly json?: { readonly message?: string } | null;
  readonly code?: string;
  readonly address?: string;
  readonly message?: string;
}

/** What was being done, for the sentence. */
export interface EngineScene {
  /** "start replica 2" */
  readonly doing: string;
  readonly image?: string;
  readonly log?: readonly string[];
}

/** The engine's words without dockerode's prefix. */
export function engineWords(error: unknown): string {
  const { json, message } = error as EngineRefusal;
  return (json?.message ?? message ?? String(error)).replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

export function statusOf(error: unknown): number | null {
  return (error as EngineRefusal | null)?.statusCode ?? null;
}

/** The connection to the engine broke, in contrast to an engine that answers and refuses. */
export function isEngineSilent(error: unknown): boolean {
  const { code, statusCode } = (error ?? {}) as EngineRefusal;
  return statusCode === undefined && code !== undefined && SILENCE.has(code);
}

const SILENCE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EHOSTUNREACH', 'EACCES', 'EPERM', 'ECONNABORTED']);

interface Rule {
  readonly when: RegExp;
  readonly code: ErrorCode;
  readonly say: (scene: EngineScene, words: string) => string;
  readonly hint: (scene: EngineScene) => string;
}

/** In this order: the first that matches the engine's words speaks. */
const RULES: readonly Rule[] = [
  {
    when: /configured authentication methods failed|encrypted .*private .*key/i, code: 'not-allowed',
    say: ({ doing }, words) => `Docker could not ${doing}: its machine does not let this user in by ssh (${words}).`,
    hint: () => 'Load the key into the ssh agent with ssh-add, and try by hand: ssh USER@HOST docker version',
  },
  {
    when: /http request to an https server|self[- ]signed certificate|unable to (verify|get).* certificate|alert.*certificate|certificate has expired|altnames/i, code: 'not-allowed',
    say: ({ doing }, words) => `Docker could not ${doing}: its engine is asked by TLS, and the keys do not fit (${words}).`,
    hint: () => 'Use a Docker context that holds them, or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH to the folder with ca.pem, cert.pem and key.pem.',
  },
  {
    when: /no space left on device|disk quota exceeded/i, code: 'disk-full',
    say: ({ doing }) => `Docker could not ${doing}: the disk that holds its images and containers is full.`,
    hint: () => 'Free space there (docker system df shows what takes it), then run the trial again.',
  },
  {
    when: /could not select device driver|unknown or invalid runtime|unknown runtime specified|nvidia-container-cli|gathering device information while adding custom device "\/dev\/nvidia/i,
    code: 'gpu-unavailable',
    say: ({ doing }, words) => `Docker could not ${doing} with a GPU: ${words}`,
    hint: () => 'Install the NVIDIA Container Toolkit on the machine Docker runs on and restart Docker, or set GPUs to none.',
  },
  {
    when: /port is already allocated|address already in use|ports are not available/i, code: 'port-taken',
    say: ({ doing }, words) => `Docker could not ${doing}: ${portOf(words)} is used by another program.`,
    hint: () => 'The next trial asks for another port. If it happens again, look for a program that takes every port.',
  },
  {
    when: /range of cpus is from|requested cpus are not available|minimum memory limit allowed|cfs_quota_us: invalid argument/i, code: 'limit-above-machine',
    say: ({ doing }, words) => `Docker could not ${doing} with these limits: ${words}.`,
    hint: () => 'Narrow CPU and memory to what the machine that runs Docker has.',
  },
  {
    when: /no such image|pull access denied|manifest .*(unknown|not found)|not found: manifest|repository .* not found|manifest unknown/i, code: 'image-missing',
    say: ({ image = 'the image' }) => `There is no image ${image} on this machine.`,
    hint: ({ image = 'IMAGE' }) => `Get it in Design under “Image”, or with: docker pull ${image}`,
  },
  {
    when: /no such host|dial tcp|i\/o timeout|TLS handshake timeout|connection refused|request canceled while waiting/i, code: 'image-missing',
    say: ({ image = 'The image' }, words) => `${image} could not be fetched: its registry cannot be reached (${words}).`,
    hint: () => 'Images that are on this machine already work without a network; the bundled server can be built here.',
  },
  {
    when: /invalid reference format|repository name must be/i, code: 'bad-input',
    say: ({ image = 'That' }) => `${image} is not the name of an image.`,
    hint: () => 'For example tensorflow/serving:2.19.1.',
  },
  {
    when: /executable file not found|no such file or directory: unknown|exec format error|no command specified|permission denied: unknown/i, code: 'image-unusable',
    say: ({ image = 'The image' }, words) => `${image} cannot be started: ${words}`,
    hint: () => 'Choose an image of TensorFlow Serving for this kind of processor, or one that is started the same way.',
  },
  {
    when: /bind source path does not exist|invalid mount config/i, code: 'model-missing',
    say: (_scene, words) => `Docker cannot see the model folder: ${words}.`,
    hint: () => 'Share the folder with Docker (Docker Desktop: Settings, Resources, File sharing).',
  },
];

function portOf(words: string): string {
  const match = /(?:tcp4?|for|listen tcp\S*) (\d+\.\d+\.\d+\.\d+:\d+)/.exec(words);
  return match === null ? 'a port' : `port ${match[1]}`;
}

/** Anything dockerode throws, as the sentence a student reads. The only place where engine errors become ours. */
export function dockerFailure(error: unknown, scene: EngineScene): ServescapeError {
  if (error instanceof ServescapeError) return error;
  const words = engineWords(error);
  const details = { cause: error, ...(scene.log !== undefined && { log: scene.log }) };
  if (isEngineSilent(error)) return silence(error as EngineRefusal, scene, words);
  const rule = RULES.find(({ when }) => when.test(words));
  if (rule !== undefined) return new ServescapeError(rule.code, rule.say(scene, words), { ...details, hint: rule.hint(scene) });
  return new ServescapeError('backend-unavailable', `Docker could not ${scene.doing}: ${words || 'it did not say why'}`, {
    ...details, hint: 'The words after the colon are Docker’s own. The log of its service says more.',
  });
}

function silence(error: EngineRefusal, { doing, log }: EngineScene, words: string): ServescapeError {
  const details = { cause: error, ...(log !== undefined && { log }) };
  const where = error.address ?? 'its address';
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return new ServescapeError('not-allowed', `Docker is there, but this user may not open ${where}.`, {
        ...details, hint: 'On Linux: sudo usermod -aG docker $USER, then log in again.',
      });
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ECONNABORTED':
      return engineLost(doing, error);
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new ServescapeError('backend-unavailable', `Docker could not ${doing}: no engine answers at ${where}.`, {
        ...details, hint: isPath(where)
          ? 'Start Docker Desktop, or on Linux: sudo systemctl start docker'
          : 'Start it there, check DOCKER_HOST or the Docker context, or use the engine of this machine.',
      });
    default:
      return new ServescapeError('backend-unavailable', `Docker could not ${doing}: its machine cannot be reached (${words}).`, {
        ...details, hint: 'Check DOCKER_HOST or the Docker context and the network, or use the engine of this machine.',
      });
  }
}

/** A socket or pipe of this machine, no name of another. */
function isPath(address: string): boolean {
  return /[\\/]/.test(address);
}

export function engineLost(doing: string, cause?: unknown): ServescapeError {
  return new ServescapeError('engine-lost', `The Docker engine went away while it should ${doing}.`, {
    hint: 'It was stopped or restarted. The next trial waits for it and starts fresh replicas.', cause,
  });
}
