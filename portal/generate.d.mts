/** The text of src/api/schema.ts. */
export function schema(): Promise<string>
/** The text of src/parts/taxonomy.ts. */
export function taxonomy(): string
