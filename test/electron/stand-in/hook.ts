import { registerHooks } from 'node:module';

/** Every `import … from 'electron'` of this process gets the stand-in. */
registerHooks({
  resolve: (specifier, context, next) => (specifier === 'electron' ? { url: new URL('electron.ts', import.meta.url).href, shortCircuit: true } : next(specifier, context)),
});
