// What an admin can't do, and why; each face of the fake translates it into its own words.

export class WorkspaceError extends Error {
  readonly reason: 'notFound' | 'duplicate' | 'invalid';
  constructor(reason: WorkspaceError['reason'], message: string) {
    super(message);
    this.name = 'WorkspaceError';
    this.reason = reason;
  }
}
