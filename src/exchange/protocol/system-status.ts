import type { Hub } from './hub.ts';

/** One planned service upgrade, as `system/status` and the `status` channel tell of it. Times in ms. */
export interface Maintenance {
  readonly title: string;
  state: 'scheduled' | 'ongoing' | 'completed' | 'canceled';
  readonly begin: number;
  /** 0 while nobody knows. */
  readonly end: number;
  readonly env: '1';
}

/** What maintenance was planned; the last few stay readable. */
export class SystemStatus {
  private readonly planned: Maintenance[] = [];
  private readonly hub: Hub;

  constructor(hub: Hub) {
    this.hub = hub;
  }

  plan(begin: number, end: number, title = 'Service upgrade'): Maintenance {
    const maintenance: Maintenance = { title, state: 'scheduled', begin, end, env: '1' };
    this.planned.push(maintenance);
    if (this.planned.length > 10) this.planned.shift();
    return maintenance;
  }

  /** A planned one goes on, or ends. */
  change(maintenance: Maintenance, state: Maintenance['state'], now: number): void {
    maintenance.state = state;
    this.hub.send('status', `"data":[${JSON.stringify({ ...this.row(maintenance), ts: String(now) })}]`);
  }

  /** Without a state asked for: what is planned or going on. */
  rows(state: string): Record<string, unknown>[] {
    return this.planned
      .filter((one) =>
        state === '' ? one.state === 'scheduled' || one.state === 'ongoing' : one.state === state,
      )
      .map((one) => this.row(one));
  }

  private row({ title, state, begin, end, env }: Maintenance): Record<string, unknown> {
    return {
      title,
      state,
      begin: String(begin),
      end: end === 0 ? '' : String(end),
      preOpenBegin: '',
      href: '',
      serviceType: '0',
      system: 'unified',
      scheDesc: '',
      maintType: '1',
      env,
    };
  }
}
