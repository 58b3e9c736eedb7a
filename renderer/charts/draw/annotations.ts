import { fade, type ChartColours } from './colours.ts';
import type { AnnotationOptions } from 'chartjs-plugin-annotation';
import type { Panel } from '../chart-value.ts';

/** Lines and regions behind the marks; their words are written by the ink plugin, with a halo. */
export function annotationsOf(panel: Panel, colours: ChartColours, hatch: CanvasPattern | string): Record<string, AnnotationOptions> {
  const entries = panel.annotations.flatMap((one, i): [string, AnnotationOptions][] => {
    switch (one.kind) {
      case 'vertical': {
        const colour = one.dashed ? colours.axis : colours.role[one.role];
        return [[`v${i}`, { type: 'line', scaleID: 'x', value: one.x, borderColor: fade(colour, one.dashed ? 0.7 : 0.75), borderWidth: one.dashed ? 1 : 1.5, borderDash: one.dashed ? [2, 3] : [], drawTime: 'beforeDatasetsDraw' }]];
      }
      case 'horizontal':
        return [[`h${i}`, {
          type: 'line', scaleID: 'y', value: one.y, ...(one.from !== undefined && { scaleID: undefined, yMin: one.y, yMax: one.y, xMin: one.from, xMax: one.to }),
          borderColor: one.role === 'baseline' ? colours.text : colours.role[one.role], borderWidth: 1.5, borderDash: one.dashed ? [5, 3] : [], drawTime: one.role === 'baseline' ? 'afterDatasetsDraw' : 'beforeDatasetsDraw',
        } as AnnotationOptions]];
      case 'region':
        return [[`r${i}`, {
          type: 'box', xMin: one.from, xMax: one.to, borderWidth: 0, drawTime: 'beforeDatasetsDraw',
          backgroundColor: one.fill === 'future' ? colours.future : (hatch as string),
        }]];
      case 'text':
      case 'bar':
      case 'box':
      case 'bracket':
      case 'scale':
      case 'brush':
      case 'field':
        return [];
    }
  });
  return Object.fromEntries(entries);
}

const hatches = new WeakMap<ChartColours, CanvasPattern | string>();

/** Diagonal lines, drawn once per theme. */
export function hatchPattern(context: CanvasRenderingContext2D, colours: ChartColours): CanvasPattern | string {
  const known = hatches.get(colours) ?? drawHatch(context, colours);
  hatches.set(colours, known);
  return known;
}

function drawHatch(context: CanvasRenderingContext2D, colours: ChartColours): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const ink = tile.getContext('2d');
  if (ink === null) return colours.hatchBackground;
  ink.fillStyle = colours.hatchBackground;
  ink.fillRect(0, 0, 8, 8);
  ink.strokeStyle = colours.hatch;
  ink.lineWidth = 1;
  ink.beginPath();
  for (const shift of [-8, 0, 8]) {
    ink.moveTo(shift, 8);
    ink.lineTo(shift + 8, 0);
  }
  ink.stroke();
  return context.createPattern(tile, 'repeat') ?? colours.hatchBackground;
}
