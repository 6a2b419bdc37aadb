import { z } from 'zod';
import type { JsonObject } from '#kernel';

type Side = 'input' | 'output';

/** Schemas of the document: those with an id (`.meta({ id })`) are components, all others stand in place. */
export class Components {
  readonly schemas: Record<string, JsonObject> = {};
  /** What was said of each id on the answering side. */
  private readonly answered = new Map<string, string>();

  /**
   * A JSON schema for what is sent (`input`) or answered (`output`). Where the two sides of a component differ, the one that is
   * sent has `Input` after its name: ask for all answers first.
   */
  schema(type: z.ZodType, side: Side): JsonObject {
    const { $schema: _, $defs = {}, ...schema } = z.toJSONSchema(type, { io: side, unrepresentable: 'any' }) as JsonObject;
    const names = new Map<string, string>();
    const definitions = Object.entries($defs as Record<string, JsonObject>);
    for (const [id, definition] of definitions) names.set(id, this.name(id, definition, side));
    for (const [id, definition] of definitions) this.schemas[names.get(id) ?? id] ??= renamed(definition, names);
    return renamed(schema, names);
  }

  private name(id: string, definition: JsonObject, side: Side): string {
    const text = JSON.stringify(definition);
    if (side === 'output') this.answered.set(id, text);
    return (this.answered.get(id) ?? text) === text ? id : `${id}Input`;
  }
}

/** Points `#/$defs/<id>` to the components. */
function renamed(schema: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  return JSON.parse(
    JSON.stringify(schema, (key, value: unknown) =>
      key === '$ref' && typeof value === 'string'
        ? value.replace(/^#\/\$defs\/(.+)$/, (_, id: string) => `#/components/schemas/${names.get(id) ?? id}`)
        : value,
    ),
  ) as JsonObject;
}
