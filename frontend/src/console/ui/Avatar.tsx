import { Sign } from "./Sign";

/** A coloured initial that stands for a person; the colour follows the id, so that it stays the same everywhere. */
const HUES = 8;

interface AvatarProps {
  id: string;
  name: string;
  size?: "small" | "large";
  /** A dot at the corner: who is there. */
  presence?: string;
}

export function Avatar({ id, name, size, presence }: AvatarProps) {
  let sum = 0;
  for (const mark of id) sum = (sum * 31 + mark.charCodeAt(0)) % 9973;
  return (
    <span class={`avatar ${size ?? ""}`} data-hue={sum % HUES} aria-hidden="true">
      {initials(name) || <Sign name="person" size={size === "large" ? 28 : 16} />}
      {presence && <i class="dot" data-presence={presence} />}
    </span>
  );
}

/** One mark for Chinese names, up to two for others. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const [one = "", two = ""] = words.map(word => [...word][0] ?? "");
  return /[\u2e80-\u9fff]/.test(one) ? one : (one + two).toUpperCase();
}
