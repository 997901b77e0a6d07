/** What a person may tell the engine. The token is asked for once and kept for this tab only. */
import { createSignal, type JSX, Show } from 'solid-js';
import type { OperatorAction } from '../../src/core/events.ts';
import { isConnected, linkState, reconnect, setToken, token, view } from './state.ts';

const ASK: Partial<Record<OperatorAction, string>> = {
  close: 'Close the open position at market and go on trading?',
  kill: 'Cancel every entry and stay off until a person arms it again?',
  arm: 'Allow new entries again after the kill switch?',
};
const ANSWER_SHOWN_MS = 6000;

export function Controls(): JSX.Element {
  const [asked, setAsked] = createSignal<OperatorAction | null>(null);
  const [problem, setProblem] = createSignal('');
  const [answer, setAnswer] = createSignal('');
  const [tokenKnown, setTokenKnown] = createSignal(true);
  const [flattens, setFlattens] = createSignal(true);
  let dialog!: HTMLDialogElement;
  let field: HTMLInputElement | undefined;

  const ask = (action: OperatorAction): void => {
    setProblem('');
    setTokenKnown(token() !== '');
    if (ASK[action] === undefined && token() !== '') {
      void send(action);
      return;
    }
    setAsked(action);
    dialog.showModal();
  };
  const send = async (action: OperatorAction): Promise<void> => {
    const refusal = await tell(action === 'kill' ? { action, flatten: flattens() } : { action });
    if (refusal === null) {
      dialog.close();
      setAnswer(`${action}: accepted`);
      setTimeout(() => setAnswer(''), ANSWER_SHOWN_MS);
      return;
    }
    if (refusal.tokenIsWrong) {
      setToken('');
      setTokenKnown(false);
    }
    setProblem(refusal.reason);
    setAsked(action);
    if (!dialog.open) dialog.showModal();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const action = asked();
    if (field !== undefined) setToken(field.value.trim());
    setProblem('');
    if (action === null) {
      dialog.close();
      reconnect();
    } else {
      void send(action);
    }
  };
  /** Off until a person arms: killed, or a drawdown too deep. */
  const isOff = (): boolean => {
    const now = view();
    return now !== null && (now.engine.killed || now.engine.state === 'halted' || now.risk.drawdown.reached);
  };
  const wantsTokenToLook = (): boolean => linkState().kind === 'tokenWanted';

  return (
    <div class="controls">
      <span class="answer" role="status">
        {answer()}
      </span>
      <Show when={wantsTokenToLook()}>
        <button
          type="button"
          onClick={() => {
            setAsked(null);
            setTokenKnown(false);
            dialog.showModal();
          }}
        >
          Enter token
        </button>
      </Show>
      <Show
        when={!isOff()}
        fallback={
          <button type="button" disabled={!isConnected()} onClick={() => ask('arm')}>
            Arm
          </button>
        }
      >
        <button
          type="button"
          disabled={!isConnected()}
          onClick={() => ask(view()?.engine.paused ? 'resume' : 'pause')}
        >
          {view()?.engine.paused ? 'Resume' : 'Pause'}
        </button>
      </Show>
      <button type="button" disabled={!isConnected()} onClick={() => ask('close')}>
        Close
      </button>
      <button type="button" class="kill" disabled={!isConnected()} onClick={() => ask('kill')}>
        Kill
      </button>
      <dialog class="ask" ref={dialog} aria-labelledby="ask-title">
        <form onSubmit={submit}>
          <h2 id="ask-title">{asked() ?? 'Token'}</h2>
          <p>{ASK[asked() ?? 'pause'] ?? 'Whatever changes something needs the token printed at start.'}</p>
          <Show when={asked() === 'kill'}>
            <label class="choice">
              <input
                type="checkbox"
                checked={flattens()}
                onChange={(event) => setFlattens(event.currentTarget.checked)}
              />
              Close open positions at market; otherwise they keep their stops
            </label>
          </Show>
          <Show when={!tokenKnown()}>
            <label>
              Token, printed at start
              <input ref={field} type="password" required autocomplete="off" spellcheck={false} />
            </label>
          </Show>
          <p class="problem" role="alert">
            {problem()}
          </p>
          <div class="buttons">
            <button type="button" onClick={() => dialog.close()}>
              Cancel
            </button>
            <button type="submit" class={asked() === 'kill' ? 'kill' : 'primary'}>
              {asked() === null ? 'Connect' : `Yes, ${asked()}`}
            </button>
          </div>
        </form>
      </dialog>
    </div>
  );
}

interface Refusal {
  readonly reason: string;
  readonly tokenIsWrong: boolean;
}

async function tell(asked: { action: OperatorAction; flatten?: boolean }): Promise<Refusal | null> {
  try {
    const response = await fetch('/api/control', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token()}` },
      body: JSON.stringify(asked),
    });
    if (response.ok) return null;
    if (response.status === 401) return { reason: 'The token was not accepted.', tokenIsWrong: true };
    return { reason: `Refused: ${await response.text()}`, tokenIsWrong: false };
  } catch {
    return {
      reason: 'No answer: it is not known whether this was done. Look before asking again.',
      tokenIsWrong: false,
    };
  }
}
