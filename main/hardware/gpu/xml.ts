import type { ClockPair } from './cards.ts';

/** What we read of `nvidia-smi -q -x`; the rest of that long report is left alone. */
export interface SmiReport {
  readonly driver: string;
  readonly gpus: readonly {
    readonly busId: string;
    readonly name: string;
    readonly mig: boolean;
    readonly smClockMhz: number | null;
    readonly application: ClockPair | null;
    readonly defaultApplication: ClockPair | null;
    readonly supportedClocks: readonly ClockPair[];
  }[];
}

/** The report is flat and regular in all schema versions (v4 to v13), so tags are looked up by name. */
export function parseSmiXml(xml: string): SmiReport {
  return {
    driver: textOf(xml, 'driver_version') ?? '',
    gpus: [...xml.matchAll(/<gpu id="([^"]*)">([\s\S]*?)<\/gpu>/g)].map(([, busId = '', body = '']) => ({
      busId, name: textOf(body, 'product_name') ?? '',
      mig: /^enabled$/i.test(textOf(textOf(body, 'mig_mode') ?? '', 'current_mig') ?? ''),
      smClockMhz: mhz(textOf(textOf(body, 'clocks') ?? '', 'sm_clock')),
      application: pairOf(textOf(body, 'applications_clocks')),
      defaultApplication: pairOf(textOf(body, 'default_applications_clocks')),
      supportedClocks: supportedPairs(textOf(body, 'supported_clocks') ?? ''),
    })),
  };
}

function supportedPairs(body: string): readonly ClockPair[] {
  return [...body.matchAll(/<supported_mem_clock>([\s\S]*?)<\/supported_mem_clock>/g)].flatMap(([, group = '']) => {
    const memoryMhz = mhz(textOf(group, 'value'));
    const graphics = [...group.matchAll(/<supported_graphics_clock>([^<]*)</g)].map(([, text]) => mhz(text ?? null));
    return memoryMhz === null ? [] : graphics.flatMap((graphicsMhz) => (graphicsMhz === null ? [] : [{ memoryMhz, graphicsMhz }]));
  });
}

function pairOf(body: string | null): ClockPair | null {
  const [memoryMhz, graphicsMhz] = [mhz(textOf(body ?? '', 'mem_clock')), mhz(textOf(body ?? '', 'graphics_clock'))];
  return memoryMhz === null || graphicsMhz === null ? null : { memoryMhz, graphicsMhz };
}

function textOf(xml: string, tag: string): string | null {
  const inner = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(xml)?.[1]?.trim();
  return inner === undefined || inner === '' ? null : inner;
}

function mhz(text: string | null): number | null {
  const match = /^(\d+)\s*MHz$/.exec(text?.trim() ?? '');
  return match === null ? null : Number(match[1]);
}
