import { render } from 'solid-js/web';
import { type PackedReport, unpacked } from '../../src/study/report/pack.ts';
import { Page } from './page.tsx';
import { complain, place, unpack } from './unpack.ts';
import '../src/style/common.css';
import './style.css';

unpack<PackedReport>().then((report) => {
  place.replaceChildren();
  render(() => <Page report={unpacked(report)} />, place);
}, complain);
