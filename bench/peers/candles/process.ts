import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export interface Peer {
  readonly name: string;
  readonly command: readonly string[];
}

/** Seconds for one run, and for the loading before the first. */
const PATIENCE = 900;

/** A process that plays when it is told to. */
export class Runner {
  readonly peer: Peer;
  best = { cpu: Number.POSITIVE_INFINITY, wall: Number.POSITIVE_INFINITY };
  private readonly process: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly lines: Interface;
  private complaint = '';

  constructor(peer: Peer, folder: string) {
    this.peer = peer;
    const [program, ...args] = peer.command;
    this.process = spawn(program!, [...args, peer.name], { stdio: 'pipe', cwd: folder });
    this.lines = createInterface(this.process.stdout!);
    this.answers = this.lines[Symbol.asyncIterator]();
    this.process.stderr!.on('data', (text: Buffer) => {
      this.complaint = `${this.complaint}${text}`.slice(-4000);
    });
    this.process.on('error', (error) => {
      this.complaint = error.message;
      this.lines.close();
    });
    // a runner that is gone is noticed by its missing answer
    this.process.stdin!.on('error', () => this.lines.close());
  }

  async ready(): Promise<void> {
    for (;;) if ((await this.answer()) === 'ready') return;
  }

  async round(): Promise<void> {
    this.process.stdin!.write('go\n');
    const { cpu, wall } = JSON.parse(await this.answer()) as { cpu: number; wall: number };
    this.best = { cpu: Math.min(this.best.cpu, cpu), wall: Math.min(this.best.wall, wall) };
  }

  end(): void {
    this.process.kill();
  }

  private async answer(): Promise<string> {
    const timer = setTimeout(() => this.process.kill(), PATIENCE * 1000);
    const { value, done } = await this.answers.next();
    clearTimeout(timer);
    if (done) throw new Error(wordsOf(this.complaint) || 'it ended');
    return value;
  }
}

/** The line that names the error, and not where it came through; else the last one. */
function wordsOf(complaint: string): string {
  const lines = complaint.trim().split('\n');
  return lines.findLast((line) => /^\w[\w.]*(Error|Exception)\b/.test(line)) ?? lines.at(-1)!;
}
