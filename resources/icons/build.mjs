import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { findChromium } from '../setup/chromium.mjs';

/**
 * The program's icons from icon.svg: PNG in the sizes Linux asks for, .ico for Windows, .icns for macOS. Run after a change
 * of the drawing: node resources/icons/build.mjs
 */
const SIZES = [16, 32, 48, 64, 128, 256, 512, 1024];
const LINUX = [16, 32, 48, 64, 128, 256, 512];
const WINDOWS = [16, 32, 48, 64, 128, 256];
/** Names of PNG entries in an .icns file, by their width in pixels. */
const MAC = { 16: 'icp4', 32: 'icp5', 64: 'icp6', 128: 'ic07', 256: 'ic08', 512: 'ic09', 1024: 'ic10' };

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

async function draw(svg) {
  const executablePath = findChromium();
  const browser = await chromium.launch({ ...(executablePath !== null && { executablePath }), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
  const page = await browser.newPage();
  const drawn = {};
  for (const size of SIZES) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(`<style>*{margin:0}svg{display:block;width:${size}px;height:${size}px}</style>${svg}`);
    drawn[size] = await page.screenshot({ omitBackground: true });
  }
  await browser.close();
  return drawn;
}

/** Icon directory, then PNG files: 6 bytes of header, 16 a directory entry; a width of 256 is written as 0. */
function toIco(drawn) {
  const header = Buffer.alloc(6);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(WINDOWS.length, 4);
  let offset = 6 + 16 * WINDOWS.length;
  const entries = WINDOWS.map((size) => {
    const entry = Buffer.alloc(16);
    entry.writeUInt8(size % 256, 0);
    entry.writeUInt8(size % 256, 1);
    entry.writeUInt16LE(1, 4);
    entry.writeUInt16LE(32, 6);
    entry.writeUInt32LE(drawn[size].length, 8);
    entry.writeUInt32LE(offset, 12);
    offset += drawn[size].length;
    return entry;
  });
  return Buffer.concat([header, ...entries, ...WINDOWS.map((size) => drawn[size])]);
}

/** "icns", the whole length, then entries of name, length with its own head, PNG. */
function toIcns(drawn) {
  const entries = Object.entries(MAC).map(([size, name]) => {
    const head = Buffer.alloc(8);
    head.write(name, 0, 'ascii');
    head.writeUInt32BE(drawn[size].length + 8, 4);
    return Buffer.concat([head, drawn[size]]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 0, 'ascii');
  head.writeUInt32BE(8 + entries.reduce((sum, { length }) => sum + length, 0), 4);
  return Buffer.concat([head, ...entries]);
}

const drawn = await draw(await readFile(here('icon.svg'), 'utf8'));
await mkdir(here('linux'), { recursive: true });
for (const size of LINUX) await writeFile(here(`linux/${size}x${size}.png`), drawn[size]);
await writeFile(here('icon.ico'), toIco(drawn));
await writeFile(here('icon.icns'), toIcns(drawn));
