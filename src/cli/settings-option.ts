import type { Command } from 'commander';
import { parse } from 'yaml';
import { ConfigError, loadSettings, type Overrides } from '../config/load.ts';
import { isEmbedded, resolveModel } from '../config/model.ts';
import type { Settings } from '../config/schema.ts';
import { readTape } from '../tape/reader.ts';

/** The options of every command that plays tapes: which settings, and which instruments. `example`: a setting to try. */
export const withSettings = (command: Command, example: string): Command =>
  command
    .option('--config <file>', 'settings file (default: config/settings.yaml)')
    .option('--set <key=value>', `a setting over the file, such as ${example}; repeatable`, collect, [])
    .option('--symbols <ids>', 'only these instruments of the tapes, comma-separated', (text) =>
      text.split(','),
    );

/** Collects a repeatable `--set key=value`. */
export const collect = (word: string, before: readonly string[]): string[] => [...before, word];

/** The settings with `--set market.bar=5m` words over them; checked as a whole. Throws a `ConfigError`. */
export function settingsWith(file: string | undefined, words: readonly string[]): Settings {
  const overrides: Record<string, unknown> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals <= 0)
      throw new ConfigError([`--set ${word}: expected a key and its value, such as market.bar=5m`]);
    const keys = word.slice(0, equals).split('.');
    let group = overrides;
    for (const key of keys.slice(0, -1)) {
      group[key] ??= {};
      group = group[key] as Record<string, unknown>;
    }
    group[keys.at(-1)!] = value(word.slice(equals + 1), keys);
  }
  return loadSettings(file, overrides as Overrides);
}

/** The model that `auto` comes to on these tapes: the embedded exchange's own where all of them are of its market. */
export function withModelOf(tapes: readonly string[], settings: Settings): Settings {
  const ours = tapes.every((path) => {
    const tape = readTape(path);
    tape.close();
    return isEmbedded(tape.meta.source);
  });
  return resolveModel(settings, ours ? 'embedded' : 'other');
}

/** As YAML reads it; money and rates are text there, so a quoted number stays one. */
function value(text: string, keys: readonly string[]): unknown {
  const [group, key] = keys;
  const exact = group === 'paper' && ['start_balance', 'maker_fee', 'taker_fee'].includes(key ?? '');
  return exact ? text : parse(text);
}
