import type { Account, Credentials } from '../accounts/account.ts';

export type Permission = 'read_only' | 'trade';

/** A key opens one account, for what it was made for. */
export interface Key {
  readonly account: Account;
  readonly credentials: Credentials;
  readonly permissions: readonly Permission[];
}

/** The keys that were given out. Every account's own key may trade; others are added. */
export class Keys {
  private readonly byName = new Map<string, Key>();

  add(account: Account, credentials: Credentials, permissions: readonly Permission[]): void {
    this.byName.set(credentials.apiKey, { account, credentials, permissions });
  }

  find(apiKey: string): Key | undefined {
    return this.byName.get(apiKey);
  }
}
