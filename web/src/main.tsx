import { render } from 'preact';
import { App } from './app.tsx';
import { followTrace } from './trace.ts';

const page = document.getElementById('page');
if (page) render(<App />, page);
void followTrace();
