// Watches the tables after every query, and says at once what must never be: see the promises below, each with
// the words of its violation. It believes nothing that the product says of itself; it compares rows with what
// Google answered at the border, by content and by the order in which things happened.
import type { LookHint } from '../../src/sync/hint.ts';
import type { RolesFor } from '../../src/sync/observation.ts';
import type { Border, Sighting } from './google-border.ts';
import { rowOf } from './google-border.ts';
import { type GuardLimits, GuardWatch } from './guard.ts';
import { RoleWatch } from './role-watch.ts';
import { isOfRolesAlone, type Row, sameMapped, sameRow, shows, snapshotOf } from './rows.ts';
import type { Actor, Scheduler } from './scheduler.ts';
import type { Peek } from './sqlite-d1.ts';

const YOUNG_MS = 10 * 60_000;

interface EventRow {
  seq: number;
  user_id: string;
  before: string | null;
  after: string;
  cause: string;
}

export interface WitnessParts {
  peek: Peek;
  scheduler: Scheduler;
  border: Border;
  rolesSchema: string;
  deletionGuard: GuardLimits;
}

export class Witness {
  /** The first violation; nothing after it means anything. */
  violation: string | null = null;
  tombstones = 0;
  readonly roles: RoleWatch;
  readonly #guard: GuardWatch;
  readonly #parts: WitnessParts;
  #writes = 0;
  #lastEvent = 0;
  #rows = new Map<string, Row>();
  /** When each row was last written, and when the read began that backed it. */
  #written = new Map<string, { seq: number; backedSeq: number }>();
  /** For each person: the youngest hint that was acknowledged while they had a row. */
  #answered = new Map<string, number>();
  #passBegan = new Map<string, number>();
  /** When the youngest pass began that has read a list. */
  #passSeq = -1;
  readonly #announced = new Set<string>();

  constructor(parts: WitnessParts) {
    this.#parts = parts;
    this.#guard = new GuardWatch(parts.peek, parts.scheduler, parts.deletionGuard);
    this.roles = new RoleWatch(parts.peek, parts.border, parts.rolesSchema);
    this.#writes = parts.peek.writes();
    this.#lastEvent =
      parts.peek.rows<{ seq: number }>('SELECT max(seq) AS seq FROM events')[0]?.seq ?? 0;
    for (const row of this.#read()) this.#rows.set(row.id, row);
  }

  fail(words: string): void {
    this.violation ??= words;
  }

  get rows(): ReadonlyMap<string, Row> {
    return this.#rows;
  }

  /** How often somebody began to wait for an operator. */
  get holds(): number {
    return this.#guard.holds;
  }

  /** Who waits for an operator. */
  get held(): ReadonlySet<string> {
    return this.#guard.waiting;
  }

  /** An operator is about to agree to these removals. */
  approving(ids: readonly string[]): void {
    this.#guard.approving(ids);
  }

  passStep(passId: string, step: string): void {
    if (step === 'begin' && !this.#passBegan.has(passId)) {
      this.#passBegan.set(passId, this.#parts.scheduler.seq);
    }
  }

  /** A pass has read a list: from here on no look that began before the pass counts. */
  passRead(passId: string): void {
    this.#passSeq = Math.max(this.#passSeq, this.#passBegan.get(passId) ?? -1);
  }

  announcedDelete(userId: string): void {
    this.#announced.add(userId);
  }

  #read(): Row[] {
    return this.#parts.peek.rows<Row>('SELECT * FROM users');
  }

  /** After a query of `actor` took effect. */
  afterQuery(actor: Actor): void {
    const { peek } = this.#parts;
    const writes = peek.writes();
    if (writes === this.#writes) return;
    this.#writes = writes;
    const events = peek.rows<EventRow>(
      'SELECT seq, user_id, before, after, cause FROM events WHERE seq > ?1 ORDER BY seq',
      this.#lastEvent,
    );
    this.#lastEvent = events.at(-1)?.seq ?? this.#lastEvent;
    this.#guard.read();
    this.#note(this.roles.read(actor));
    const now = this.#read();
    for (const row of now) {
      const before = this.#rows.get(row.id);
      if (before === undefined || !sameRow(before, row)) this.#judgeWrite(actor, before, row);
      this.#judgeEvents(before, row, events);
      this.#rows.set(row.id, row);
    }
    if (now.length < this.#rows.size) this.#judgeLeavers(new Set(now.map(({ id }) => id)));
    this.#note(this.roles.judgeAll(now));
    this.#judgeSessions();
  }

  #note(wrong: string | null): void {
    if (wrong !== null) this.fail(wrong);
  }

  /** Only a tombstone may be swept. */
  #judgeLeavers(left: ReadonlySet<string>): void {
    for (const [id, row] of this.#rows) {
      if (left.has(id)) continue;
      if (row.status !== 'deleted') this.fail(`${id} vanished without a tombstone`);
      this.#rows.delete(id);
      this.#written.delete(id);
      this.#answered.delete(id);
    }
  }

  /** No session and no code belongs to somebody who is not active. */
  #judgeSessions(): void {
    const [found] = this.#parts.peek.rows<{ id: string }>(
      `SELECT user_id AS id FROM (SELECT user_id FROM sessions UNION ALL SELECT user_id FROM hand_over_codes)
       WHERE user_id NOT IN (SELECT id FROM users WHERE status = 'active') LIMIT 1`,
    );
    if (found) this.fail(`a session of ${found.id}, who is not active`);
  }

  /** Every difference between two versions of a row is exactly one event, which tells both. */
  #judgeEvents(before: Row | undefined, after: Row, events: readonly EventRow[]): void {
    const own = events.filter(({ user_id }) => user_id === after.id);
    const expected = before && sameMapped(before, after) ? 0 : 1;
    if (own.length !== expected) {
      this.fail(`${own.length} events for ${expected} changes of ${after.id}`);
      return;
    }
    const [event] = own;
    if (event === undefined) return;
    // A recompute tells of roles and of nothing else.
    if (event.cause === 'rules' && !(before && isOfRolesAlone(before, after)))
      this.fail(`an event of ${after.id} has the cause rules, and tells of more than roles`);
    const told = [event.before, event.after].map(
      (text) => text && JSON.stringify(JSON.parse(text)),
    );
    if (told[0] !== (before ? snapshotOf(before) : null) || told[1] !== snapshotOf(after)) {
      this.fail(`an event of ${after.id} does not tell what changed`);
    }
  }

  /** What a read showed is what the row says; for a tombstone, that it showed nobody. */
  #backs(
    sighting: Sighting,
    row: Row,
    before: Row | undefined,
    rolesFor: RolesFor = this.roles.rolesFor,
  ): boolean {
    if (sighting.wire === null) return row.status === 'deleted';
    const observed = rowOf(sighting.userId, sighting.wire, rolesFor);
    return observed !== null && shows(observed, row, before);
  }

  #judgeWrite(actor: Actor, before: Row | undefined, row: Row): void {
    const { scheduler, border } = this.#parts;
    const { id } = row;
    if (before && (row.ticket < before.ticket || row.written < before.written)) {
      this.fail(`the tickets of ${id} went back`);
    }
    const previous = this.#written.get(id);
    // No look writes this cause; its stamp leaves the cause of the last change.
    if (
      before &&
      row.cause === 'rules' &&
      (row.ticket === before.ticket || row.roles !== before.roles)
    ) {
      this.#note(this.roles.judgeRecompute(before, row));
      this.#written.set(id, { seq: scheduler.seq, backedSeq: previous?.backedSeq ?? -1 });
      return;
    }
    const own = (border.sightings.get(id) ?? []).filter(({ by }) => by === actor);
    const isInsert = before === undefined;
    const backing = own.filter(
      (one) =>
        (isInsert || one.source === 'get') &&
        one.beganSeq > (previous?.seq ?? -1) &&
        this.#backs(one, row, before),
    );
    const last = backing.at(-1);
    // An earlier look of the same event may have shown them alive, and was lost: the latest counts.
    if (this.#isHeldStamp(row, before, own)) return;
    if (last === undefined) {
      const words = this.#whyUnbacked(own, row, before);
      this.fail(`${id}: ${words}`);
      return;
    }
    this.#written.set(id, { seq: scheduler.seq, backedSeq: last.beganSeq });
    if (last.beganSeq <= this.#passSeq)
      this.fail(`${id}: a look from before a pass was accepted after it`);
    if (last.beganSeq <= (this.#answered.get(id) ?? -1)) {
      this.fail(`${id}: a look from before an answered hint was accepted after it`);
    }
    if (row.status === 'deleted' && before && before.status !== 'deleted') {
      this.#judgeTombstone(before, row, backing);
    } else if (row.status !== 'deleted' && this.held.has(id)) {
      this.fail(`${id} was seen alive, and still waits to be removed`);
    }
  }

  #whyUnbacked(own: readonly Sighting[], row: Row, before: Row | undefined): string {
    // Whatever its roles: what else it shows is right.
    const asTheyAre: RolesFor = () => JSON.parse(row.roles) as string[];
    const seq = this.#written.get(row.id)?.seq ?? -1;
    if (own.some((one) => one.beganSeq > seq && this.#backs(one, row, before, asTheyAre))) {
      return 'a look wrote roles of another time';
    }
    if (own.some((one) => one.source === 'get' && this.#backs(one, row, before))) {
      return 'a look was accepted although the row was written since it began';
    }
    if (own.some((one) => one.source === 'list' && this.#backs(one, row, before))) {
      return 'a list changed a known row';
    }
    return 'a write that no read of this event shows';
  }

  /** Somebody who is held is seen missing, and stays: the look may leave its stamp. */
  #isHeldStamp(row: Row, before: Row | undefined, own: readonly Sighting[]): boolean {
    if (before === undefined || !sameMapped(before, row)) return false;
    const previous = this.#written.get(row.id)?.seq ?? -1;
    const last = own.filter(({ source }) => source === 'get').at(-1);
    if (last === undefined || last.wire !== null || last.beganSeq <= previous) return false;
    if (!this.held.has(row.id)) return false;
    this.#written.set(row.id, { seq: this.#parts.scheduler.seq, backedSeq: last.beganSeq });
    if (last.beganSeq <= this.#passSeq)
      this.fail(`${row.id}: a look from before a pass was accepted after it`);
    return true;
  }

  /** Nobody is removed unless Google's get denied them twice, one after the other; nor while young, unannounced. */
  #judgeTombstone(before: Row, row: Row, denials: readonly Sighting[]): void {
    const [first] = denials;
    const second = denials.find((one) => first && one.beganSeq > first.answeredSeq);
    if (second === undefined) this.fail(`${row.id} was removed without a second look`);
    const isYoung = this.#parts.scheduler.clock.nowMs - row.created_ms < YOUNG_MS;
    if (isYoung && !this.#announced.has(row.id)) this.fail(`${row.id} was removed while young`);
    const beyond = this.#guard.removed(row.id, before.status === 'active');
    if (beyond !== null) this.fail(beyond);
    this.tombstones += 1;
  }

  /** An acknowledged hint is answered: by the row, by Google's denial of somebody unknown, or by a dead letter. */
  acknowledged(hint: LookHint, sentSeq: number): void {
    const { peek, border } = this.#parts;
    const { userId } = hint;
    const row = this.#rows.get(userId);
    const since = (border.sightings.get(userId) ?? []).filter(
      (one) => one.source === 'get' && one.beganSeq > sentSeq,
    );
    const isAnswered =
      row === undefined
        ? since.some(({ wire }) => wire === null)
        : (this.#written.get(userId)?.backedSeq ?? -1) > sentSeq ||
          // Roles may be of another time by now, until the recompute comes to them.
          since.some((one) => this.#backs(one, row, row, () => JSON.parse(row.roles))) ||
          (since.some(({ wire }) => wire === null) && this.held.has(userId));
    if (isAnswered) {
      if (row) this.#answered.set(userId, Math.max(sentSeq, this.#answered.get(userId) ?? -1));
      return;
    }
    const letters = peek.rows(
      'SELECT 1 FROM dead_letters WHERE user_id = ?1 AND at_ms >= ?2',
      userId,
      hint.noticedMs,
    );
    if (letters.length === 0) this.fail(`${userId}: a hint was acknowledged without an answer`);
  }
}
