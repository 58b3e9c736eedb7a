import './no-eval.ts';
import { mount } from 'svelte';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/print.css';
import App from './App.svelte';
import { AppState } from './state/app.svelte.ts';
import { connectToHost } from './state/connect.ts';
import { showTheme } from './state/theme.ts';

showTheme('system');
mount(App, { target: document.getElementById('app')!, props: { app: new AppState(connectToHost) } });
