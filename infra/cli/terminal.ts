/** What a command line works with; tests give their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Asks a person, and answers with the line; absent where nobody sits at a terminal. */
  readonly ask?: (question: string) => Promise<string>;
  /** What is done when somebody stops the command from now on; it ends then. */
  readonly onStop?: (work: () => Promise<void>) => void;
}
