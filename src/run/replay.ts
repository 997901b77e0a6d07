import type { Command } from '../core/commands.ts';
import type { EngineConfig } from '../core/engine.ts';
import { Engine } from '../core/engine.ts';
import {
  AccountEvent,
  type Event,
  EventKind,
  type HoldEvent,
  type MarketEvent,
  type OperatorEvent,
  TimerEvent,
} from '../core/events.ts';
import type { Instrument } from '../core/instrument.ts';
import { type Us, us } from '../core/units.ts';
import type { Liquidity } from '../venue/paper/liquidity.ts';
import { type PaperConfig, PaperMatcher } from '../venue/paper/matcher.ts';
import type { VenueEvent } from '../venue/venue.ts';

/** Sees every event after the engine took it, with the commands that it answered. Both are lent. */
export type Witness = (event: Event, commands: readonly Command[]) => void;

/**
 * The engine and the paper venue in the time of a tape: what `Loop` is to a running instance, without a clock, a disk or a
 * wait. Between two market events, answers and timers happen in the order of their times.
 */
export class Replay {
  readonly engine: Engine;
  readonly matcher: PaperMatcher;
  private readonly witness: Witness;
  private readonly commands: Command[] = [];
  private readonly timers: Us[] = [];
  private begun = false;

  constructor(
    config: EngineConfig,
    paper: PaperConfig,
    instruments: readonly Instrument[],
    witness: Witness,
    liquidity?: readonly Liquidity[],
  ) {
    this.engine = new Engine(config, instruments);
    this.matcher = new PaperMatcher(paper, instruments, liquidity);
    this.witness = witness;
  }

  /**
   * What else the engine is told: before the first market event the account that it begins with (else a fresh one), later what
   * a person or the process said.
   */
  tell(event: AccountEvent | OperatorEvent | HoldEvent): void {
    if (event.kind === EventKind.account) this.begun = true;
    else this.advance(event.at);
    this.step(event);
  }

  /** The next event of the market; `event.instrument` counts in this replay's instruments. */
  market(event: MarketEvent): void {
    this.showVenue(event);
    this.showEngine(event);
  }

  /**
   * The venue's half of `market`. Candles of several instruments that end together are all shown to the venue before any is
   * shown to the engine: they happened at once.
   */
  showVenue(event: MarketEvent): void {
    if (!this.begun) {
      this.begun = true;
      this.step(new AccountEvent(event.at, this.matcher.balance, [], [], 1));
    }
    this.advance(event.at);
    this.matcher.market(event, this.onVenue);
  }

  /** The engine's half. */
  showEngine(event: MarketEvent): void {
    this.step(event);
  }

  private advance(to: Us): void {
    for (;;) {
      const answer = this.matcher.nextAt;
      const timer = this.earliestTimer();
      if (answer !== null && answer <= to && (timer === null || answer <= timer))
        this.matcher.advance(answer, this.onVenue);
      else if (timer !== null && timer <= to) {
        this.timers.splice(this.timers.indexOf(timer), 1);
        this.step(new TimerEvent(timer));
      } else return;
    }
  }

  private readonly onVenue = (event: VenueEvent): void => this.step(event);

  private earliestTimer(): Us | null {
    let earliest: Us | null = null;
    for (const timer of this.timers) if (earliest === null || timer < earliest) earliest = timer;
    return earliest;
  }

  private step(event: Event): void {
    const { commands, engine } = this;
    // setting a length is a call out of compiled code, and few events are answered
    if (commands.length > 0) commands.length = 0;
    engine.step(event, commands);
    for (const command of commands) {
      if (command.kind === 'timer') this.timers.push(us(command.fireAt));
      else if (command.kind === 'place' || command.kind === 'cancel' || command.kind === 'amend')
        this.matcher.submit(command, engine.now);
    }
    this.witness(event, commands);
  }
}
