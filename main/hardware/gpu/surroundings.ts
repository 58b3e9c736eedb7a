import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/** Where this process stands, as far as it decides who may set clocks. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly container: boolean;
  readonly wsl: boolean;
  readonly user: string;
  /** nvidia-smi with its whole path, as a rule for sudo needs it. */
  readonly program: string;
}

export function readSurroundings(program: string): Surroundings {
  return {
    platform: process.platform, container: existsSync('/.dockerenv') || existsSync('/run/.containerenv'), wsl: isWsl(),
    user: userInfo().username, program: wholePath(program),
  };
}

/** One line an administrator can run once, or null where no command helps. */
export function administratorLine({ platform, container, wsl, user, program }: Surroundings): string | null {
  if (container || wsl || platform !== 'linux') return null;
  const commands = ['-ac', '-rac', '-lgc', '-rgc'].map((flag) => `${program} -i * ${flag}*`).join(', ');
  return `echo '${user} ALL=(root) NOPASSWD: ${commands}' | sudo tee /etc/sudoers.d/servescape-gpu-clocks`;
}

/** What to do about a missing permission, one or two sentences. */
export function permissionHint(where: Surroundings): string {
  if (where.wsl) return 'Under WSL clocks cannot be set. Run Servescape on Linux itself, or leave the GPU clock out of the study.';
  if (where.container) return 'A container may not set clocks. Run Servescape on the machine itself, or leave the GPU clock out of the study.';
  if (where.platform === 'win32') return 'Start Servescape as administrator, or leave the GPU clock out of the study.';
  return `An administrator can allow it once with: ${administratorLine(where)}`;
}

function isWsl(): boolean {
  try {
    return /microsoft/i.test(readFileSync('/proc/version', 'utf8'));
  } catch {
    return false;
  }
}

function wholePath(program: string): string {
  if (isAbsolute(program)) return program;
  const found = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, program)).find((path) => existsSync(path));
  return found ?? join('/usr/bin', program);
}
