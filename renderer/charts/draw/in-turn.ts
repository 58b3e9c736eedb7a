/** The screen answers between two figures that take long to draw; quick ones share a frame. */
const FRAME_SHARE_MS = 30;

const waiting: (() => void)[] = [];

/** Does `work` in one of the next frames, after what waits already. Returns how to take it back. */
export function inTurn(work: () => void): () => void {
  if (waiting.push(work) === 1) requestAnimationFrame(takeTurns);
  return () => {
    const at = waiting.indexOf(work);
    if (at >= 0) waiting.splice(at, 1);
  };
}

function takeTurns(): void {
  const began = performance.now();
  try {
    do waiting.shift()?.(); while (waiting.length > 0 && performance.now() - began < FRAME_SHARE_MS);
  } finally {
    if (waiting.length > 0) requestAnimationFrame(takeTurns);
  }
}
