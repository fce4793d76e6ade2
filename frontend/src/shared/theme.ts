/**
 * Colours: what a brand colour needs to be readable, after WCAG 2.2 (1.4.3 and the definition of relative luminance).
 * The style sheet only knows custom properties; they are set here.
 */

export type Mode = "auto" | "light" | "dark";
export type Rgb = [number, number, number];

/** The twelve properties a site may set, without their `--fd-` prefix. */
export const PROPERTIES = [
  "brand",
  "on-brand",
  "accent",
  "tint",
  "background",
  "surface",
  "text",
  "muted",
  "line",
  "radius",
  "font",
  "size",
] as const;

export const DEFAULT_BRAND = "#2f6fed";
export const MIN_CONTRAST = 4.5;
const INK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
/** The surface of each mode that is nearest to its text, as in the style sheet: what passes here passes everywhere. */
const GROUND: Record<"light" | "dark", Rgb> = { light: [241, 244, 246], dark: [36, 42, 49] };

/** Read `#rgb` or `#rrggbb`; null for anything else. */
export function parseColour(text: string): Rgb | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text.trim());
  const hex = short
    ? short.slice(1).map(digit => digit + digit)
    : /^#(..)(..)(..)$/.exec(text.trim())?.slice(1);
  const rgb = hex?.map(pair => (/^[0-9a-f]{2}$/i.test(pair) ? Number.parseInt(pair, 16) : Number.NaN));
  return rgb && !rgb.some(Number.isNaN) ? (rgb as Rgb) : null;
}

export function renderColour(rgb: Rgb): string {
  return `#${rgb.map(channel => Math.round(channel).toString(16).padStart(2, "0")).join("")}`;
}

export function luminance(rgb: Rgb): number {
  const [r, g, b] = rgb.map(channel => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** Contrast ratio of two colours, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** White where it can be read on `background`, else black: one of the two always can. */
export function inkOn(background: Rgb): Rgb {
  return contrast(background, WHITE) >= MIN_CONTRAST ? WHITE : INK;
}

/** The colour nearest to `colour` that is readable on `ground`: mixed with white or ink in steps of 2 %. */
export function readableOn(colour: Rgb, ground: Rgb): Rgb {
  const towards = luminance(ground) > 0.4 ? INK : WHITE;
  for (let share = 0; share < 1; share += 0.02) {
    const mixed = mix(colour, towards, share);
    if (contrast(mixed, ground) >= MIN_CONTRAST) return mixed;
  }
  return towards;
}

function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return a.map((channel, i) => Math.round(channel + ((b[i] ?? 0) - channel) * share)) as Rgb;
}

/** Say whether text on a brand colour can be read, and name the nearest colour that passes. */
export function checkBrand(brand: string): { ratio: number; passes: boolean; nearest: string } | null {
  const rgb = parseColour(brand);
  if (!rgb) return null;
  const ratio = contrast(rgb, WHITE);
  return { ratio, passes: ratio >= MIN_CONTRAST, nearest: renderColour(readableOn(rgb, WHITE)) };
}

export function isDark(mode: Mode): boolean {
  return mode === "dark" || (mode === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}

/** Put a brand colour and own properties on `root`, for light or dark. Unknown properties are left out. */
export function applyTheme(
  root: HTMLElement,
  theme: { brand?: string; mode: Mode; own?: Record<string, string> },
): void {
  const dark = isDark(theme.mode);
  const brand = parseColour(theme.own?.brand ?? theme.brand ?? "") ?? (parseColour(DEFAULT_BRAND) as Rgb);
  const ground = GROUND[dark ? "dark" : "light"];
  root.dataset.mode = dark ? "dark" : "light";
  root.style.colorScheme = dark ? "dark" : "light";
  const values: Record<string, string> = {
    brand: renderColour(brand),
    "on-brand": renderColour(inkOn(brand)),
    accent: renderColour(readableOn(brand, ground)),
    tint: renderColour(mix(ground, brand, 0.12)),
    ...theme.own,
  };
  for (const name of PROPERTIES) {
    if (values[name]) root.style.setProperty(`--fd-${name}`, values[name]);
    else root.style.removeProperty(`--fd-${name}`);
  }
}
