import { render } from 'solid-js/web';
import type { Evaluation } from '../../src/study/evaluate/evaluate.ts';
import { complain, place, unpack } from '../report/unpack.ts';
import { Page } from './page.tsx';
import '../src/style/common.css';
import '../report/style.css';
import './style.css';

unpack<Evaluation>().then((evaluation) => {
  place.replaceChildren();
  render(() => <Page evaluation={evaluation} />, place);
}, complain);
