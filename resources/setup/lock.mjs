import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 200;

/** Runs `action` while this process alone holds the lock file; a lock of a process that is gone is taken over. */
export async function withLock(path, onWait, action) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waits = 0; !take(path); waits++) {
    if (waits === 0) onWait();
    await pause(LOOK_AGAIN_MS);
  }
  try {
    return await action();
  } finally {
    rmSync(path, { force: true });
  }
}

function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    dropIfAbandoned(path);
    return false;
  }
}

/** Moves the file aside first, so that of several who wait only one removes it, and looks again at what it moved. */
function dropIfAbandoned(path) {
  const aside = `${path}.${process.pid}`;
  try {
    if (isAlive(Number(readFileSync(path, 'utf8')))) return;
    renameSync(path, aside);
    if (isAlive(Number(readFileSync(aside, 'utf8')))) renameSync(aside, path);
    else rmSync(aside, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
