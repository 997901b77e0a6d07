/** A process that records the golden tape as a session, for tests of what becomes of it: `record-tape.ts FOLDER [kill]`. */
import { defaultSettings, settingsHash } from '../../../config/load.ts';
import { TimerEvent } from '../../../core/events.ts';
import { us } from '../../../core/units.ts';
import { SessionRecorder } from '../../../run/session/recorder.ts';
import { readTape } from '../../../tape/reader.ts';
import { GOLDEN_TAPE } from './made-session.ts';

const [folder, ending] = process.argv.slice(2);
const tape = readTape(GOLDEN_TAPE);
const settings = defaultSettings();
const head = {
  mode: 'demo',
  venue: 'made',
  instruments: tape.instruments,
  idPrefix: 'made',
  startedAt: us(1_700_000_000_000_000),
  journal: { path: '', session: 1 },
};
const recorder = SessionRecorder.begin(folder!, head, settings, settingsHash(settings), (level, message) =>
  console.log(`${level}: ${message}`),
);
let told = 0;
tape.forEach((event) => {
  recorder.event(event);
  told++;
  if (told % 100 === 0) recorder.event(new TimerEvent(event.at));
  if (ending === 'kill' && told === 2000) process.kill(process.pid, 'SIGKILL');
});
recorder.close('done', us(1_700_000_200_000_000));
console.log(`told ${told}`);
