/** What was opened so far, to be closed in the opposite order. */
export class Opened {
  /** What `open` gives; where it rejects, what it had opened by then is closed. */
  static async all<T>(open: (opened: Opened) => Promise<T>): Promise<T> {
    const opened = new Opened();
    try {
      return await open(opened);
    } catch (error) {
      await opened.close().catch(() => undefined);
      throw error;
    }
  }

  private readonly closers: (() => Promise<unknown> | void)[] = [];

  /** Gives back what was opened; `close` ends it. */
  async add<T>(opening: Promise<T> | T, close: (opened: T) => Promise<unknown> | void): Promise<T> {
    const opened = await opening;
    this.closers.push(() => close(opened));
    return opened;
  }

  /** Closes all of it; rejects with the first failure, after all the others were closed. */
  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.closers.pop(); close; close = this.closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
