import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What became of one call of somebody else's client. */
export type Outcome = 'passes' | 'refused by OKX itself' | 'fails';

/** One line of the table: a call, and what its row proves. */
export interface Row {
  readonly subject: string;
  readonly call: string;
  /** What was checked, in a few words. */
  readonly shows: string;
  /** The code with which OKX, too, would refuse this call; the row then expects exactly that. */
  readonly refusedWith?: string;
  readonly run: () => Promise<void>;
}

const DOCUMENT = fileURLToPath(new URL('../../../docs/clients.md', import.meta.url));
const PREFACE = `# Other people's clients

Unmodified clients, pointed at the exchange on this machine by configuration alone, and what became of each call.
Written by \`npx node scripts/write-clients-table.ts\`; the tests in \`src/exchange/clients\` run every row and fail when
this page says something else than they saw. "refused by OKX itself" marks calls that the real exchange refuses too, with
the code that both give. Where the exchange knowingly does otherwise than OKX stands in
\`docs/decisions/0008-margin-and-liquidation-here.md\`.
`;

/** Key of what stands above the sections. */
const HEAD = '';

/** The section of one client in `docs/clients.md`: written when asked, otherwise compared. */
export class CallTable {
  private readonly title: string;
  private readonly lines: string[] = [];
  private subject = '';

  /** `settings`: how the client is pointed here, as the reader would write it; `cash`: what its account began with. */
  constructor(client: string, version: string, settings: string, cash: Readonly<Record<string, string>>) {
    this.title = `## ${client} ${version}`;
    const amounts = Object.entries(cash).map(([currency, amount]) => `${currency}=${amount}`);
    this.lines.push(this.title, '', '```js', settings.trim(), '```', '');
    this.lines.push(
      `The account of this run began as with \`hunter exchange --cash ${amounts.join(',')}\`.`,
      '',
    );
  }

  add({ subject, call, shows, refusedWith }: Row, outcome: Outcome): void {
    if (subject !== this.subject) {
      this.subject = subject;
      this.lines.push(`### ${subject}`, '', '| call | what was checked | result |', '| --- | --- | --- |');
    }
    const said =
      outcome === 'refused by OKX itself'
        ? `${outcome} (${refusedWith})`
        : outcome === 'fails'
          ? '**fails**'
          : outcome;
    this.lines.push(`| \`${call}\` | ${shows} | ${said} |`);
  }

  /** What the page should say, and what it says. */
  compare(): { seen: string; written: string } {
    const sections = read();
    const written = [sections.get(HEAD), sections.get(this.key)].join('\n');
    return { seen: [PREFACE, this.text].join('\n'), written };
  }

  write(): void {
    const sections = read();
    sections.delete(HEAD);
    sections.set(this.key, this.text);
    const ordered = [...sections].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, text]) => text);
    writeFileSync(DOCUMENT, `${[PREFACE, ...ordered].join('\n')}`);
  }

  private get key(): string {
    return this.title.split(' ')[1]!;
  }

  private get text(): string {
    // a heading is set off from the table before it
    return `${this.lines.join('\n').replaceAll('\n### ', '\n\n### ').replaceAll('\n\n\n', '\n\n')}\n`;
  }
}

function read(): Map<string, string> {
  const sections = new Map<string, string>();
  if (!existsSync(DOCUMENT)) return sections;
  for (const part of readFileSync(DOCUMENT, 'utf8').split(/^(?=## )/m))
    sections.set(part.startsWith('## ') ? part.split(' ')[1]! : HEAD, `${part.trimEnd()}\n`);
  return sections;
}
