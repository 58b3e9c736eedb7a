import { fstatSync } from 'node:fs';

/**
 * Exits when standard input closes: the other end is the parent, and it closes even when the parent is killed. Does
 * nothing when standard input is no pipe.
 */
export function exitWithParent(): void {
  const stdin = fstatSync(0);
  if (!stdin.isFIFO() && !stdin.isSocket()) return;
  const leave = (): never => process.exit(0);
  process.stdin.on('end', leave).on('close', leave).on('error', leave);
  process.stdin.resume();
}
