import { axisTitle, type ChartValue } from '../chart-value.ts';
import { readColours } from './colours.ts';
import { createPanelDrawer } from './panel-drawer.ts';

const WIDTH = 960;
const HEIGHT = 600;
const EDGE = 24;

/** The chart as a figure: light theme, title, finding, units and all marks, at twice the screen's resolution. */
export async function toPng(chart: ChartValue, { note = '', pixelRatio = 2 }: { readonly note?: string; readonly pixelRatio?: number } = {}): Promise<Blob> {
  const stage = document.createElement('div');
  stage.dataset['theme'] = 'light';
  stage.style.cssText = 'position:fixed;left:-9999px;top:0';
  document.body.append(stage);
  try {
    const page = document.createElement('canvas');
    page.width = WIDTH * pixelRatio;
    page.height = HEIGHT * pixelRatio;
    const ink = page.getContext('2d')!;
    ink.scale(pixelRatio, pixelRatio);
    drawFigure(ink, stage, chart, pixelRatio, note);
    return await new Promise((resolve, reject) => page.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('The figure could not be drawn.'))), 'image/png'));
  } finally {
    stage.remove();
  }
}

function drawFigure(ink: CanvasRenderingContext2D, stage: HTMLElement, chart: ChartValue, pixelRatio: number, note: string): void {
  const colours = readColours(stage);
  const write = (text: string, x: number, y: number, size: number, colour: string, weight = 400): void => {
    ink.font = `${weight} ${size}px ${colours.font}`;
    ink.fillStyle = colour;
    ink.fillText(text, x, y);
  };
  ink.fillStyle = colours.background;
  ink.fillRect(0, 0, WIDTH, HEIGHT);
  write(chart.title, EDGE, 36, 17, colours.text, 600);
  const after = EDGE + ink.measureText(chart.title).width + 12;
  write(chart.finding, after, 36, 14, colours.quietText);
  const top = 48;
  const room = HEIGHT - top - 40;
  const total = chart.panels.reduce((sum, { weight }) => sum + weight, 0);
  let y = top;
  chart.panels.forEach((panel, i) => {
    const height = (room * panel.weight) / total;
    write([panel.title, axisTitle(panel.y)].filter(Boolean).join(' · '), EDGE, y + 14, 12, colours.quietText);
    const canvas = document.createElement('canvas');
    const box = document.createElement('div');
    box.style.cssText = `position:relative;width:${WIDTH - 2 * EDGE}px;height:${height - 20}px`;
    canvas.width = WIDTH - 2 * EDGE;
    canvas.height = height - 20;
    box.append(canvas);
    stage.append(box);
    const drawer = createPanelDrawer(canvas, { chart, panel: i, colours, selected: null, active: null }, { pixelRatio });
    ink.drawImage(canvas, EDGE, y + 20, WIDTH - 2 * EDGE, height - 20);
    drawer.destroy();
    y += height;
  });
  write(note, EDGE, HEIGHT - 20, 12, colours.quietText);
  ink.textAlign = 'right';
  write(axisTitle(chart.x), WIDTH - EDGE - 14, HEIGHT - 20, 12, colours.quietText);
}
