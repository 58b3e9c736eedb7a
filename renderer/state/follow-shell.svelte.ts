import type { AppState } from './app.svelte.ts';

/** Keeps the desktop window's native menu as the page's commands are, and runs what is chosen there. Nothing in a browser. */
export function followShell(app: AppState): void {
  let told = '';
  $effect(() => {
    if (app.info?.host !== 'electron' || app.link.state !== 'open') return;
    return app.client.watch('shell.watch', {}, { onItem: ({ id }) => app.commands.run(id, app.fail), onError: app.fail });
  });
  $effect(() => {
    if (app.info?.host !== 'electron') return;
    const commands = app.commands.all.map(({ id, label, disabled }) => ({ id, label, disabled: disabled !== null }));
    const text = JSON.stringify(commands);
    if (text === told) return;
    told = text;
    app.client.call('shell.offer', { commands }).catch(app.fail);
  });
}
