/**
 * What `npm audit --json` says, in words. `found`: holes of severity high or critical; null: the registry did not answer.
 * Warnings of npm may stand before and after the document.
 */
export function judgeAudit(text) {
  const counts = countsIn(text.slice(Math.max(text.indexOf('{'), 0), text.lastIndexOf('}') + 1));
  if (counts === null) return { found: null, words: 'Not checked: the registry does not answer npm audit from here.' };
  const found = (counts.high ?? 0) + (counts.critical ?? 0);
  const minor = (counts.low ?? 0) + (counts.moderate ?? 0) + (counts.info ?? 0);
  return { found, words: `${found} of severity high or critical, ${minor} lesser ones.` };
}

function countsIn(text) {
  try {
    return JSON.parse(text)?.metadata?.vulnerabilities ?? null;
  } catch {
    return null;
  }
}
