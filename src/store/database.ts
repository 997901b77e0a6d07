import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** The journal cannot be used as it is. The message names the file and says what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

export type Row = Record<string, string | number | null>;

/**
 * An SQLite file with its schema brought up to date, and transactions that nest. Every commit is on the disk when it
 * returns (write-ahead log, `synchronous = FULL`).
 */
export class Database {
  readonly path: string;
  private readonly connection: DatabaseSync;
  private readonly statements = new Map<string, StatementSync>();
  private depth = 0;

  /** Opens or makes the file. `migrations[n]` leads from schema version n to n + 1. */
  constructor(path: string, migrations: readonly string[]) {
    this.path = path;
    try {
      this.connection = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5000 });
    } catch (error) {
      throw new JournalError(`${path}: cannot be opened (${(error as Error).message})`, { cause: error });
    }
    try {
      this.check();
      this.connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      this.migrate(migrations);
      // from here on a lock that somebody else holds must not stop the trading: the caller is told and tries later
      this.connection.exec('PRAGMA busy_timeout = 100');
    } catch (error) {
      this.connection.close();
      throw error;
    }
  }

  /** Everything `work` writes, or nothing of it. Inside another transaction it is a part of that one. */
  transaction<T>(work: () => T): T {
    const name = `step_${this.depth}`;
    this.connection.exec(this.depth === 0 ? 'BEGIN IMMEDIATE' : `SAVEPOINT ${name}`);
    this.depth++;
    try {
      const value = work();
      if (value instanceof Promise)
        throw new TypeError('a transaction cannot wait: its work must be synchronous');
      this.depth--;
      this.connection.exec(this.depth === 0 ? 'COMMIT' : `RELEASE ${name}`);
      return value;
    } catch (error) {
      this.depth = Number(name.slice('step_'.length));
      // a failed COMMIT may already have rolled back
      if (this.connection.isTransaction)
        this.connection.exec(this.depth === 0 ? 'ROLLBACK' : `ROLLBACK TO ${name}; RELEASE ${name}`);
      throw error;
    }
  }

  insert(table: string, row: Readonly<Record<string, SQLInputValue>>): void {
    this.run(insertion(table, row), ...Object.values(row));
  }

  /** False, and nothing changed, when a row with the same `key` (columns, comma-separated) is there already. */
  insertNew(table: string, key: string, row: Readonly<Record<string, SQLInputValue>>): boolean {
    const sql = `${insertion(table, row)} ON CONFLICT (${key}) DO NOTHING`;
    return this.run(sql, ...Object.values(row)) === 1;
  }

  /** Runs a change; gives the number of rows it touched. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }

  first(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.statement(sql).get(...values) as Row | undefined;
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.statement(sql).all(...values) as Row[];
  }

  /** Row by row, for tables that may be long. */
  each(sql: string, ...values: SQLInputValue[]): Iterable<Row> {
    return this.statement(sql).iterate(...values) as Iterable<Row>;
  }

  close(): void {
    this.statements.clear();
    this.connection.close();
  }

  private statement(sql: string): StatementSync {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  private check(): void {
    let verdict: string;
    try {
      verdict =
        this.all('PRAGMA quick_check(1)').map((row) => String(Object.values(row)[0]))[0] ?? 'no answer';
    } catch (error) {
      verdict = (error as Error).message;
    }
    if (verdict !== 'ok')
      throw new JournalError(
        `${this.path}: is damaged or not a journal (${verdict}); move it aside and restore a copy, or start with a new one`,
      );
  }

  private migrate(migrations: readonly string[]): void {
    this.transaction(() => {
      this.connection.exec('CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)');
      const version = Number(this.first("SELECT value FROM meta WHERE key = 'schema_version'")?.value ?? 0);
      if (version > migrations.length)
        throw new JournalError(
          `${this.path}: has schema version ${version}, this program knows ${migrations.length}; use the newer program that wrote it`,
        );
      for (const migration of migrations.slice(version)) this.connection.exec(migration);
      this.run(
        "INSERT INTO meta (key, value) VALUES ('schema_version', ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        String(migrations.length),
      );
    });
  }
}

function insertion(table: string, row: Readonly<Record<string, SQLInputValue>>): string {
  const columns = Object.keys(row);
  return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
}
