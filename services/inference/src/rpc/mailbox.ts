/** What producers put in and one reader takes out, in order. */
export type Mailbox<T> = {
  put(item: T): void;
  /** Ends the reading, once what was put in has been taken; with an error, at once. */
  end(error?: unknown): void;
  read(): AsyncGenerator<T>;
};

/** An open mailbox. It holds all that was put in: producers must be bounded. */
export function createMailbox<T>(): Mailbox<T> {
  const state: { items: T[]; ended: boolean; failure?: { error: unknown }; wake?: () => void } = {
    items: [],
    ended: false,
  };

  async function* read(): AsyncGenerator<T> {
    for (;;) {
      const { items } = state;
      state.items = [];
      for (const item of items) {
        if (state.failure) throw state.failure.error;
        yield item;
      }
      if (state.failure) throw state.failure.error;
      if (state.items.length > 0) continue;
      if (state.ended) return;
      await new Promise<void>((resolve) => {
        state.wake = resolve;
      });
    }
  }

  return {
    put(item) {
      state.items.push(item);
      state.wake?.();
    },
    end(error) {
      state.ended = true;
      if (error !== undefined) state.failure = { error };
      state.wake?.();
    },
    read,
  };
}
