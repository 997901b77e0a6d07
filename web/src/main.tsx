import { render } from 'solid-js/web';
import { App } from './app.tsx';
import { start } from './state.ts';
import './style/common.css';
import './style/base.css';
import './style/frame.css';
import './style/header.css';
import './style/panels.css';
import './style/conditions.css';

const page = document.getElementById('page');
if (page === null) throw new Error('index.html has no #page');
render(() => <App />, page);
// After the charts are there to listen.
start();
