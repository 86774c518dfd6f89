// One pass on its way: pages, who is missing, half a minute's patience, hints. Its memory is what its steps
// returned, so that a pass that was cut between any two of them goes on where it was.
import type { Suspect } from '../db/comparison.ts';
import { isSuperseded } from '../db/directories.ts';
import { noteProgress } from '../db/reconcile-runs.ts';
import { readNamedGroups } from './groups.ts';
import {
  type Begun,
  countsOf,
  type Found,
  NOTHING_YET,
  type Pass,
  type Progress,
  type Steps,
} from './pass.ts';
import { chooseHints, compareAgain, lookWithin } from './pass-hints.ts';
import { decideMissing, findMissing } from './pass-missing.ts';
import { takePages } from './pass-pages.ts';
import type { SyncPorts } from './ports.ts';
import { sendHints } from './send-hints.ts';

/** A push in flight when a page was read has arrived and been looked at by then. */
const COMPARE_AGAIN_AFTER_MS = 30_000;

/** The part of a pass's calls that groups may take. */
const GROUPS_SHARE = 3;

/** One pass at work. What it holds in memory comes from its steps' results, so a restart builds it again. */
export class PassAtWork {
  progress: Progress;
  readonly seen = new Set<string>();
  #living = 0;
  #suspects: Suspect[] = [];
  readonly #ports: SyncPorts;
  readonly #steps: Steps;
  readonly #pass: Pass;
  readonly #begun: Begun;

  constructor(ports: SyncPorts, steps: Steps, pass: Pass, begun: Begun) {
    this.#ports = ports;
    this.#steps = steps;
    this.#pass = pass;
    this.#begun = begun;
    this.progress = { ...NOTHING_YET, nextPageToken: begun.pageToken };
  }

  get #isOver(): boolean {
    return this.progress.failure !== null || this.progress.isSuperseded;
  }

  get #callsLeft(): number {
    return this.#ports.config.googleCallsPerPass - this.progress.googleCalls;
  }

  /** A step that may be tried several times: what failed counts as calls as well. */
  #step<T>(name: string, work: (callsMade: () => number) => Promise<T>): Promise<T> {
    const callsBefore = this.#ports.googleCalls();
    return this.#steps.do(name, () => work(() => this.#ports.googleCalls() - callsBefore));
  }

  #note(): Promise<void> {
    return noteProgress(
      this.#ports.db,
      this.#pass.id,
      countsOf(this.progress),
      this.#ports.nowMs(),
    );
  }

  #add(found: Found): void {
    for (const id of found.ids) this.seen.add(id);
    this.#living += found.living;
    for (const suspect of found.suspects) this.#suspects.push(suspect);
  }

  /**
   * Before the pages, so that a group has its turn where they use up the calls. A third of the calls at most: a reading that
   * is not through goes on at the next pass, and the list has its turn at each.
   */
  async readGroups(): Promise<void> {
    const { groupKeys } = this.#begun;
    if (groupKeys.length === 0 || this.#begun.isImport) return;
    const { directoryId } = this.#pass;
    const share = Math.ceil(this.#ports.config.googleCallsPerPass / GROUPS_SHARE);
    const googleCalls = await this.#step('groups', async (callsMade) => {
      await readNamedGroups(this.#ports, directoryId, groupKeys, () => share - callsMade());
      await this.#note();
      return callsMade();
    });
    this.progress = { ...this.progress, googleCalls: this.progress.googleCalls + googleCalls };
  }

  async goThroughPages(): Promise<void> {
    for (let step = 1; ; step += 1) {
      const before = {
        seen: this.seen,
        unknown: this.#suspects.filter(({ kind }) => kind === 'unknown').length,
      };
      const { progress, found } = await this.#step(`pages ${step}`, (callsMade) =>
        takePages(this.#ports, this.#pass, this.#begun, this.progress, before, callsMade),
      );
      this.progress = progress;
      this.#add(found);
      if (this.#isOver || progress.nextPageToken === null || this.#callsLeft <= 0) return;
    }
  }

  /** @returns `null` where a younger pass has begun: whatever this one found is that one's to find */
  #stepUnlessOvertaken<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    return this.#step(name, async () => {
      const { directoryId } = this.#pass;
      if (await isSuperseded(this.#ports.db, directoryId, this.#begun.ticket)) return null;
      return work();
    });
  }

  /** @param didFail a page could not be read: nobody is missing, and who was on the others is looked at all the same */
  async settleSuspects(didFail: boolean): Promise<void> {
    const listed = { seen: this.seen, living: this.#living };
    const isWhole = !didFail && !this.#isOver && this.progress.nextPageToken === null;
    let missing = 0;
    if (isWhole) {
      const found = await this.#stepUnlessOvertaken('missing', () =>
        findMissing(this.#ports, this.#pass, this.#begun, listed),
      );
      if (found === null) return this.#giveWay();
      missing = found.missing;
      this.#suspects.push(...found.suspects);
    }
    if (this.progress.isSuperseded || (missing === 0 && this.#suspects.length === 0)) return;
    await this.#steps.sleep('half a minute', COMPARE_AGAIN_AFTER_MS);
    const again = await this.#stepUnlessOvertaken('compare again', async () => {
      const still = await compareAgain(this.#ports, this.#pass, this.#begun, this.#suspects);
      const contradictions = still.filter(
        ({ kind }) => kind === 'status' || kind === 'changed',
      ).length;
      if (missing > 0) {
        still.push(...(await decideMissing(this.#ports, this.#pass, this.#begun, listed)));
      }
      await this.#note();
      return { ids: chooseHints(still, this.#ports.random()), contradictions };
    });
    if (again === null) return this.#giveWay();
    const { ids, contradictions } = again;
    this.progress = { ...this.progress, contradictions };
    if (ids.length > 0) await this.#lookAt(ids);
  }

  #giveWay(): void {
    this.progress = { ...this.progress, isSuperseded: true };
  }

  /** Hints; where the queue refuses them, looks of the pass's own. */
  async #lookAt(ids: readonly string[]): Promise<void> {
    const hinted = await this.#step('hints', async () => {
      const sent = await sendHints(this.#ports, this.#pass.directoryId, 'reconcile', ids);
      await this.#note();
      return sent;
    });
    this.progress = { ...this.progress, hinted };
    for (let at = hinted, step = 1; at < ids.length; step += 1) {
      const { looked, googleCalls } = await this.#step(`look ${step}`, async (callsMade) => {
        const left = ids.slice(at);
        const looked = await lookWithin(
          this.#ports,
          this.#pass,
          this.#begun,
          left,
          this.#callsLeft - callsMade(),
        );
        await this.#note();
        return { looked, googleCalls: this.progress.googleCalls + callsMade() };
      });
      this.progress = { ...this.progress, googleCalls };
      if (looked === 0) return;
      at += looked;
    }
  }
}
