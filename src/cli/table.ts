export type Cell = string | number | boolean;

/** Rows of the same keys as aligned text: numbers to the right, words to the left, the keys as header. */
export function table(rows: readonly Readonly<Record<string, Cell>>[]): string {
  const [first] = rows;
  if (first === undefined) return '';
  const columns = Object.keys(first).map((key) => {
    const cells = rows.map((row) => shown(row[key]!));
    const width = Math.max(key.length, ...cells.map((cell) => cell.length));
    const right = rows.every((row) => typeof row[key] !== 'string' || /^[-\d.]*$/.test(row[key]));
    return [key, ...cells].map((cell) => (right ? cell.padStart(width) : cell.padEnd(width)));
  });
  return [...Array(rows.length + 1).keys()]
    .map((line) =>
      columns
        .map((column) => column[line]!)
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const shown = (cell: Cell): string => (typeof cell === 'boolean' ? (cell ? 'yes' : 'no') : String(cell));
