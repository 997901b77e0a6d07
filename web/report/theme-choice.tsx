import { For, type JSX } from 'solid-js';
import { setTheme, type Theme, theme } from './theme.ts';

/** Light, dark, or as the system has it: three buttons of every page that is a file. */
export function ThemeChoice(): JSX.Element {
  return (
    <fieldset class="theme">
      <legend class="hidden">Theme</legend>
      <For each={['auto', 'light', 'dark'] as readonly Theme[]}>
        {(name) => (
          <button type="button" aria-pressed={theme() === name} onClick={() => setTheme(name)}>
            {name}
          </button>
        )}
      </For>
    </fieldset>
  );
}
