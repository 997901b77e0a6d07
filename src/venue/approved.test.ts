/** What this file says is said to the compiler: `tsc -b` fails when a line below that must not compile does. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Amend, Approved, Cancel, Command, Place } from '../core/commands.ts';
import { lots } from '../core/units.ts';
import type { Venue } from './venue.ts';

interface Hands {
  readonly venue: Venue;
  readonly place: Place;
  readonly cancel: Cancel;
  readonly amend: Amend;
  readonly approved: Approved<Place>;
}

/** Never called: only its types are looked at. */
export function whatDoesNotCompile({ venue, place, cancel, amend, approved }: Hands): unknown[] {
  venue.submit(approved);
  // @ts-expect-error an order that risk has not approved
  venue.submit(place);
  // @ts-expect-error nor a cancel
  venue.submit(cancel);
  // @ts-expect-error nor a move of a stop
  venue.submit(amend);
  // @ts-expect-error an approved order that was changed afterwards is another order
  venue.submit({ ...approved, size: lots(1_000_000) });
  // @ts-expect-error the mark cannot be written
  const forged: Approved<Place> = { ...place, approval: true };
  // @ts-expect-error nor can what an engine says
  const said: Command = place;
  // @ts-expect-error and it cannot be changed in place
  approved.size = lots(9);
  return [forged, said];
}

const source = fileURLToPath(new URL('..', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(name) && !name.includes('testing'),
);

test('only risk gives its approval: nobody else casts to it', () => {
  assert.ok(files.length > 100);
  const casting = files.filter((name) =>
    /\bas\s+(Approved\b|unknown as Approved\b|Parameters<[^>]*\['submit'\])|<Approved</.test(
      readFileSync(join(source, name), 'utf8'),
    ),
  );
  assert.deepEqual(casting, [join('core', 'risk', 'risk.ts')]);
});
