/** `describe`, where the machine has what a suite needs; else it is skipped, and the reason stands in the output. Never passed. */
export function describeWhere(has: boolean, missing: string): jest.Describe {
  if (has) return describe;
  process.stderr.write(`not run: ${missing}\n`);
  return describe.skip;
}
