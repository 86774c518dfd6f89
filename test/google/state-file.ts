// Keeps the state of a served Google in a file over restarts. It holds a private key, so only its
// owner may read it.
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Google } from './google.ts';

const SAVE_AFTER_MS = 300;

/** What was saved, or undefined when there is no such file. */
export function readStateFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes the state shortly after something changed, and at the end; never half a file. */
export class StateFile {
  readonly #google: Google;
  readonly #file: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(google: Google, file: string) {
    this.#google = google;
    this.#file = file;
    google.workspace.onEvent(() => this.saveSoon());
  }

  saveSoon(): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => void this.save(), SAVE_AFTER_MS);
  }

  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // A write that failed was reported to whoever asked for it; the next one tries anew.
    this.#writing = this.#writing.catch(() => {}).then(() => this.#write());
    return this.#writing;
  }

  /** Writes a last time; what happens afterwards is lost. */
  close(): Promise<void> {
    const done = this.save();
    this.#isClosed = true;
    return done;
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(this.#google.snapshot());
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.new`, text, { mode: 0o600 });
    await rename(`${this.#file}.new`, this.#file);
  }
}
