import { afterEach, expect, test, vi } from 'vitest';
import { printReport } from '../../../renderer/charts/print-report.ts';

afterEach(() => vi.restoreAllMocks());

const parts = {
  title: 'Digits & more', under: '50 trials', note: 'Simulated in virtual time, not measured', sentences: [['The best is ', { strong: '5 ms' }, '.']],
  claimsTitle: 'The report’s three claims', claims: [{ statement: 'It grows', verdict: 'Supported', numbers: 'R² = 0.99' }],
  tables: [{ caption: 'Trials', head: ['Trial', 'Mean (ms)'], rows: [['1', '5 <b>']] }],
  figures: ['<svg xmlns="http://www.w3.org/2000/svg"><title>Search history</title></svg>'],
} as const;

test('the page holds the whole report while it is printed, and nothing of it afterwards', async () => {
  const released = vi.fn<(url: string) => void>();
  Object.assign(URL, { createObjectURL: () => 'blob:figure', revokeObjectURL: released });
  const decode = vi.fn<() => Promise<void>>(async () => undefined);
  Object.assign(HTMLImageElement.prototype, { decode });
  document.title = 'Servescape';
  let printed = '';
  await printReport(parts, () => {
    const report = document.querySelector('.print-report')!;
    printed = report.textContent;
    expect(document.title).toBe('Digits & more');
    expect(report.querySelector('b')!.textContent).toBe('Simulated in virtual time, not measured');
    expect([...report.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['1', '5 <b>']);
    expect(report.querySelector('img')!.alt).toBe('Search history');
    expect(decode).toHaveBeenCalledTimes(1);
  });
  expect(printed).toContain('The best is 5 ms.');
  expect(printed).toContain('It grows. Supported. R² = 0.99');
  expect(document.querySelector('.print-report')).toBeNull();
  expect(document.title).toBe('Servescape');
  expect(released).toHaveBeenCalledExactlyOnceWith('blob:figure');
});

test('a printer that refuses leaves the page as it was', async () => {
  Object.assign(URL, { createObjectURL: () => 'blob:figure', revokeObjectURL: () => undefined });
  await expect(printReport({ ...parts, figures: [] }, () => { throw new Error('no printer'); })).rejects.toThrowError('no printer');
  expect(document.querySelector('.print-report')).toBeNull();
});
