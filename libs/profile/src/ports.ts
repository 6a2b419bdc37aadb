/** The open ports of the process, as a whole. */
export const PARTS = Symbol('Parts');
