import { describe, expect, it } from "vitest";
import * as theme from "../../src/shared/theme";

const rgb = (text: string) => theme.parseColour(text) as theme.Rgb;

it("reads colours and nothing else", () => {
  expect(theme.parseColour("#0af")).toEqual([0, 170, 255]);
  expect(theme.parseColour(" #2f6fed ")).toEqual([47, 111, 237]);
  for (const bad of ["red", "#12", "#gggggg", "url(x)", "#2f6fed;x"])
    expect(theme.parseColour(bad)).toBeNull();
});

it("measures contrast as WCAG does", () => {
  expect(theme.contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 5);
  expect(theme.contrast(rgb("#777777"), rgb("#ffffff"))).toBeCloseTo(4.48, 2);
});

it("checks a brand colour and names the nearest that passes", () => {
  expect(theme.checkBrand(theme.DEFAULT_BRAND)?.passes).toBe(true);
  const yellow = theme.checkBrand("#f5c542");
  expect(yellow?.passes).toBe(false);
  expect(theme.contrast(rgb(yellow?.nearest ?? ""), [255, 255, 255])).toBeGreaterThanOrEqual(4.5);
  expect(theme.checkBrand("nonsense")).toBeNull();
});

describe("any brand colour", () => {
  const root = document.createElement("div");
  const brands = [
    "#000000",
    "#ffffff",
    "#f5c542",
    "#2f6fed",
    "#ff2e63",
    "#00e5a0",
    "#808080",
    "#4a3aff",
    "#757575",
  ];
  it.each(brands.flatMap(brand => [["light", brand] as const, ["dark", brand] as const]))(
    "is readable in %s mode: %s",
    (mode, brand) => {
      theme.applyTheme(root, { brand, mode });
      const value = (name: string) => rgb(root.style.getPropertyValue(`--fd-${name}`));
      const surface = rgb(mode === "light" ? "#f1f4f6" : "#242a31");
      const ground = rgb(mode === "light" ? "#ffffff" : "#171b20");
      const text = rgb(mode === "light" ? "#1a2027" : "#eef1f4");
      expect(theme.contrast(value("on-brand"), value("brand"))).toBeGreaterThanOrEqual(4.5);
      expect(theme.contrast(value("accent"), surface)).toBeGreaterThanOrEqual(4.5);
      expect(theme.contrast(value("accent"), ground)).toBeGreaterThanOrEqual(4.5);
      expect(theme.contrast(text, value("tint"))).toBeGreaterThanOrEqual(4.5);
    },
  );
});

it("takes the host's own properties, and only known ones", () => {
  const root = document.createElement("div");
  theme.applyTheme(root, { mode: "light", own: { radius: "4px", evil: "url(https://x)" } });
  expect(root.style.getPropertyValue("--fd-radius")).toBe("4px");
  expect(root.style.cssText).not.toContain("evil");
});
