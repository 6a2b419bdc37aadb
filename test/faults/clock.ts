import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addSeconds, type Instant } from '#kernel';
import type { Environment } from '../program/program.js';

const PLACES = ['/usr/lib', '/usr/lib64', '/usr/local/lib'];

/** Where Debian's `faketime` has its library; null on a machine without it. */
export function faketimeLibrary(): string | null {
  const folders = PLACES.filter(existsSync).flatMap((place) => [place, ...readdirSync(place).map((name) => join(place, name))]);
  return folders.map((folder) => join(folder, 'faketime/libfaketime.so.1')).find(existsSync) ?? null;
}

/** The wall clock of a program as a test sets it, its threads included; timers and durations run on. It stands still where it was set to. */
export class ProgramClock {
  private moment: Instant = '';

  private constructor(
    private readonly file: string,
    private readonly library: string,
    private readonly lazy: boolean,
  ) {}

  /** `lazy`: a leap is seen within three seconds only, but a look at the clock costs what it always does, and not the reading of a file. */
  static async at(moment: Instant, folder: string, library: string, lazy = false): Promise<ProgramClock> {
    const clock = new ProgramClock(join(folder, 'clock'), library, lazy);
    await clock.set(moment);
    return clock;
  }

  /** What a program must be started with to live by this clock. */
  get environment(): Environment {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      ...(this.lazy ? { FAKETIME_CACHE_DURATION: '1' } : { FAKETIME_NO_CACHE: '1' }),
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
      TZ: 'UTC',
    };
  }

  get now(): Instant {
    return this.moment;
  }

  async set(moment: Instant): Promise<void> {
    this.moment = moment;
    // half a millisecond more: the library reads a fraction as a float, and cuts it off
    await writeFile(`${this.file}.new`, `${moment.replace('T', ' ').replace('Z', '5')}\n`);
    await rename(`${this.file}.new`, this.file); // never read when it is half
  }

  /** Seconds on, or back. */
  async move(seconds: number): Promise<void> {
    await this.set(addSeconds(this.moment, seconds));
  }
}
