/** Light or dark, as chosen here or as the system has it. */
import { createSignal } from 'solid-js';

export type Theme = 'auto' | 'light' | 'dark';
const THEME_KEY = 'hunter.report.theme';
const root = document.documentElement;

const [theme, setThemeSignal] = createSignal<Theme>(remembered());
/** Counts changes of what is seen: the choice here, or the system's own switch. */
const [lookVersion, setLookVersion] = createSignal(0);

export { lookVersion, theme };

apply(theme());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () =>
  setLookVersion((version) => version + 1),
);

export function setTheme(next: Theme): void {
  setThemeSignal(next);
  apply(next);
  try {
    localStorage.setItem(THEME_KEY, next);
  } catch {
    // a file may be denied its storage: the choice then lasts as long as the page
  }
  setLookVersion((version) => version + 1);
}

function apply(next: Theme): void {
  root.style.colorScheme = next === 'auto' ? 'light dark' : next;
}

function remembered(): Theme {
  try {
    const kept = localStorage.getItem(THEME_KEY);
    return kept === 'light' || kept === 'dark' ? kept : 'auto';
  } catch {
    return 'auto';
  }
}
