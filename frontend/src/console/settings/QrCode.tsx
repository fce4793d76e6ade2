import { useMemo } from "preact/hooks";
import { qr } from "./qr";

/** Places that stay light around the code, so that cameras find it. */
const MARGIN = 4;

/** A text for a phone's camera: dark on light in every theme. Nothing when the text is too long. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const matrix = useMemo(() => qr(text), [text]);
  if (!matrix) return null;
  const size = matrix.length + 2 * MARGIN;
  const dark = matrix.flatMap((line, row) =>
    line.flatMap((isDark, column) => (isDark ? [`M${column + MARGIN} ${row + MARGIN}h1v1h-1z`] : [])),
  );
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <path d={dark.join("")} />
    </svg>
  );
}
