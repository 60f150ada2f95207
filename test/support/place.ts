/** Where a stage is to be found: plain facts, so that they can travel between processes. */
export interface Place {
  /** Every stack's outputs in one. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly urls: { readonly console: string; readonly aws: string };
  /** The operator's variables for any AWS SDK. */
  readonly environment: Readonly<Record<string, string>>;
  /** The stage's own files; what functions logged is in `logs`. */
  readonly directory: string;
  readonly users: readonly { name: string; userName: string; password: string }[];
}

declare module 'vitest' {
  export interface ProvidedContext {
    place: Place;
  }
}
