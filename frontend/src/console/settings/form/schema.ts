/** A table of fields made from a JSON schema of the desk's own description: for kinds that have no table here. */
import type { Field, Plain } from "./field";

interface Schema extends Plain {
  type?: string;
  enum?: string[];
  anyOf?: Schema[];
  $ref?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  discriminator?: { propertyName: string; mapping: Record<string, string> };
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  pattern?: string;
}

export type Schemas = Record<string, Schema>;

/** Set by the desk, or by the address of the record. */
const OURS = ["version", "revision", "created_at", "updated_at", "tenant", "uses"];
const LONG = 600;

export function fieldsOf(schema: Schema, schemas: Schemas): Field[] {
  const whole = resolve(schema, schemas);
  const required = whole.required ?? [];
  return Object.entries(whole.properties ?? {})
    .filter(([name]) => !OURS.includes(name))
    .map(([name, part]) => fieldOf(name, part, schemas, required.includes(name)));
}

function resolve(schema: Schema, schemas: Schemas): Schema {
  const name = schema.$ref?.split("/").pop();
  return name && schemas[name] ? (schemas[name] as Schema) : schema;
}

function fieldOf(name: string, schema: Schema, schemas: Schemas, required: boolean): Field {
  const base = {
    name,
    required,
    initial: schema.default ?? undefined,
    ...(name === "id" ? { fixed: true } : {}),
  };
  const options = (schema.anyOf ?? [schema])
    .filter(each => each.type !== "null")
    .map(each => resolve(each, schemas));
  const tagged = [schema, ...options].find(each => each.discriminator) ?? options[0] ?? {};
  if (options.length === 2 && options[0]?.type === "string" && options[1]?.type === "object")
    return { ...base, type: "texts" };
  if (tagged.discriminator) {
    const { propertyName: tag, mapping } = tagged.discriminator;
    return { ...base, type: "variant", tag, variants: () => variantsOf(tag, mapping, schemas) };
  }
  if (options.length > 1) return { ...base, type: "json" };
  return plainField(base, tagged, schemas);
}

function variantsOf(tag: string, mapping: Record<string, string>, schemas: Schemas): Record<string, Field[]> {
  return Object.fromEntries(
    Object.entries(mapping).map(([kind, $ref]) => [
      kind,
      fieldsOf({ $ref }, schemas).filter(field => field.name !== tag),
    ]),
  );
}

function plainField(base: { name: string; required: boolean }, schema: Schema, schemas: Schemas): Field {
  if (schema.enum) return { ...base, type: "choice", options: schema.enum };
  switch (schema.type) {
    case "boolean":
      return { ...base, type: "switch" };
    case "integer":
    case "number":
      return base.name.endsWith("_ms")
        ? { ...base, type: "span" }
        : {
            ...base,
            type: "number",
            least: schema.minimum,
            most: schema.maximum,
            ...(schema.type === "number" ? { step: 0.01 } : {}),
          };
    case "string":
      return (schema.maxLength ?? 0) > LONG ? { ...base, type: "area" } : { ...base, type: "text" };
    case "array":
      return listField(base, schema, schemas);
    case "object":
      return schema.properties
        ? { ...base, type: "group", of: () => fieldsOf(schema, schemas) }
        : { ...base, type: "json" };
    default:
      return { ...base, type: "json" };
  }
}

function listField(base: { name: string; required: boolean }, schema: Schema, schemas: Schemas): Field {
  const item = resolve(schema.items ?? {}, schemas);
  if (item.enum) return { ...base, type: "choices", options: item.enum };
  if (item.type === "string") return { ...base, type: "lines" };
  const inner = fieldOf(base.name, schema.items ?? {}, schemas, false);
  if (inner.type === "variant") return { ...inner, ...base, list: true };
  if (item.properties) return { ...base, type: "list", of: () => fieldsOf(item, schemas) };
  return { ...base, type: "json" };
}
