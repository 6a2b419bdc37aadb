/** Seed of the random orders; another one with `ORDERS_SEED`. */
export const SEED = Number(process.env['ORDERS_SEED'] ?? 1);

/** How many orders of a scenario are run: `ORDERS`, or else the number that the default suite has time for. */
export const ordersOf = (usual: number): number => Number(process.env['ORDERS'] ?? usual);
