import './dom.ts';
import { render } from '@testing-library/svelte';
import type { Component } from 'svelte';
import WithApp from './WithApp.svelte';
import { AppState } from '../../renderer/state/app.svelte.ts';
import type { FakeHost } from './fake-host.ts';

/** A screen of the real page on a fake host; `prepare` runs after the app has begun. */
export async function showScreen(host: FakeHost, screen: Component, prepare?: (app: AppState) => Promise<void>): Promise<AppState> {
  sessionStorage.clear();
  const app = new AppState(host.connect);
  await app.begin();
  await prepare?.(app);
  render(WithApp, { props: { app, screen } });
  return app;
}
