import { expect, it } from "vitest";
import { fieldsOf } from "../../src/console/settings/form/schema";

const schemas = {
  Step: {
    type: "object",
    properties: { act: { enum: ["say"] }, text: { type: "string", maxLength: 4000 } },
    required: ["act", "text"],
  },
  Wait: { type: "object", properties: { act: { enum: ["wait"] }, for_ms: { type: "integer", minimum: 0 } } },
};

it("gives every kind of value its field", () => {
  const fields = fieldsOf(
    {
      type: "object",
      required: ["id"],
      properties: {
        id: { type: "string", maxLength: 64 },
        enabled: { type: "boolean", default: true },
        level: { enum: ["low", "high"] },
        wait_ms: { type: "integer" },
        names: { type: "array", items: { type: "string" } },
        text: { anyOf: [{ type: "string" }, { type: "object" }] },
        anything: { type: "object" },
        version: { type: "integer" },
      },
    },
    schemas,
  );
  expect(fields.map(({ name, type }) => [name, type])).toEqual([
    ["id", "text"],
    ["enabled", "switch"],
    ["level", "choice"],
    ["wait_ms", "span"],
    ["names", "lines"],
    ["text", "texts"],
    ["anything", "json"],
  ]);
  expect(fields[0]).toMatchObject({ required: true, fixed: true });
  expect(fields[1]).toMatchObject({ initial: true });
});

it("follows tagged unions into their kinds", () => {
  const [steps] = fieldsOf(
    {
      type: "object",
      properties: {
        steps: {
          type: "array",
          items: {
            anyOf: [{ $ref: "#/components/schemas/Step" }, { $ref: "#/components/schemas/Wait" }],
            discriminator: {
              propertyName: "act",
              mapping: { say: "#/components/schemas/Step", wait: "#/components/schemas/Wait" },
            },
          },
        },
      },
    },
    schemas,
  );
  expect(steps).toMatchObject({ type: "variant", tag: "act", list: true });
  const variants = steps?.type === "variant" ? steps.variants() : {};
  expect(variants.say?.map(field => field.name)).toEqual(["text"]);
  expect(variants.wait?.[0]?.type).toBe("span");
});
