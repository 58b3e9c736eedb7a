import type { OfferedCommand, Shell, ShellEvent } from '../main/contract/shell-methods.ts';

/** The part of Electron the desktop shell needs; the tests bring a stand-in. */
export interface ShellOptions {
  readonly openPath: (path: string) => Promise<string>;
  readonly showItemInFolder: (path: string) => void;
  /** Null while there is no window. */
  readonly zoomOf: () => { getZoomLevel(): number; setZoomLevel(level: number): void } | null;
  /** The menu should be made anew. */
  readonly onOffer: (commands: readonly OfferedCommand[]) => void;
}

export interface DesktopShell extends Shell {
  /** A command chosen in the native menu. */
  choose(id: string): void;
}

const ZOOM_STEP = 0.5;
const ZOOM_MOST = 4;

/** What a page can ask of the desktop around it, and the menu's road to the page. */
export function createShell({ openPath, showItemInFolder, zoomOf, onOffer }: ShellOptions): DesktopShell {
  const listeners = new Set<(event: ShellEvent) => void>();
  return {
    offer: onOffer,
    zoom: (by) => {
      const page = zoomOf();
      page?.setZoomLevel(by === 0 ? 0 : Math.min(Math.max(page.getZoomLevel() + by * ZOOM_STEP, -ZOOM_MOST), ZOOM_MOST));
    },
    openFolder: async (path) => {
      const fault = await openPath(path);
      if (fault !== '') throw new Error(fault);
    },
    showFile: showItemInFolder,
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    choose: (id) => {
      for (const listener of listeners) listener({ kind: 'command', id });
    },
  };
}
