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

/** Casts that the compiler does not question, where code stands: a word in a comment is followed by other words. */
const UNQUESTIONED =
  /\bas (?:never|any)(?=\s*[),;:}\]])|\bas unknown as\b|<(?:never|any)>\(|@ts-(?:ignore|expect-error|nocheck)/;
const APPROVING = /\bas\s+(?:unknown\s+as\s+)?(?:Approved\b|Parameters<[^>]*\['submit'\])|<Approved</;
/** Has orders in its hands, or hands them on. */
const ORDERS = /\bApproved\b|\bsubmit\b|\bcommands\.ts'/;

const offending = (text: string): boolean =>
  APPROVING.test(text) || (ORDERS.test(text) && UNQUESTIONED.test(text));

test('only risk gives its approval: nobody else casts to it, or past it', () => {
  assert.ok(files.length > 100);
  const texts = files.map((name) => [name, readFileSync(join(source, name), 'utf8')] as const);
  assert.ok(texts.filter(([, text]) => ORDERS.test(text)).length > 10);
  const casting = texts.filter(([, text]) => offending(text)).map(([name]) => name);
  assert.deepEqual(casting, [join('core', 'risk', 'risk.ts')]);
});

test('every way past the approval is seen, and what is none is not', () => {
  for (const forged of [
    'venue.submit(order as Approved<Place>);',
    'venue.submit(order as unknown as Approved<Place>);',
    'venue.submit(order as\n  Approved<Place>);',
    "venue.submit(order as Parameters<Venue['submit']>[0]);",
    'venue.submit(<Approved<Place>>order);',
    'venue.submit(order as never);',
    'venue.submit(order as any);',
    'venue.submit({ ...order, size } as never, 1);',
    'const one: Approved<Place> = order as never;',
    '// @ts-ignore\nvenue.submit(order);',
  ])
    assert.ok(offending(forged), forged);
  for (const honest of [
    'venue.submit(approved);',
    'const buffer = bytes as never;',
    '/** Treated as never submitted, as any other is. */\nvenue.submit(approved);',
  ])
    assert.ok(!offending(honest), honest);
});
