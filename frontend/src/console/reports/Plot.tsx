/** The one place that knows the chart library: lines over time, drawn in the colours of the page. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { languageTag, t } from "../../shared/i18n";
import { preferences } from "../preferences";

export interface Line {
  label: string;
  values: (number | null)[];
  /** The period before: drawn thin and dashed. */
  isBefore?: boolean;
}

interface PlotProps {
  /** Milliseconds since 1970, one for each value. */
  at: number[];
  lines: Line[];
  format: (value: number) => string;
  /** What the picture shows, for who can't see it; the table below has the figures. */
  label: string;
}

const HEIGHT = 260;
/** Steps of the axis of time, in seconds: whole days. */
const DAYS = [1, 2, 7, 14, 30, 91].map(days => days * 86_400);

export function Plot({ at, lines, format, label }: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const styles = getComputedStyle(document.documentElement);
    const colour = (name: string) => styles.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour("--fd-muted"),
      grid: { stroke: colour("--fd-line"), width: 1 },
      ticks: { show: false },
      font: "12px system-ui, sans-serif",
    };
    const day = new Intl.DateTimeFormat(languageTag.value, { month: "numeric", day: "numeric" });
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height: HEIGHT,
        cursor: { y: false, points: { size: 8 } },
        legend: { live: true },
        axes: [
          { ...axis, incrs: DAYS, values: (_, splits) => splits.map(each => day.format(each * 1000)) },
          { ...axis, size: 66, values: (_, splits) => splits.map(format) },
        ],
        scales: { y: { range: (_, __, most) => [0, Math.max(most * 1.12, 1e-9)] } },
        series: [
          { label: t("date"), value: (_, value) => (value ? day.format(value * 1000) : "") },
          ...lines.map(line => ({
            label: line.label,
            stroke: line.isBefore ? colour("--fd-edge") : colour("--fd-brand"),
            fill: line.isBefore ? undefined : `${colour("--fd-brand")}1c`,
            width: line.isBefore ? 1.5 : 2,
            dash: line.isBefore ? [5, 5] : undefined,
            points: { show: at.length < 3 },
            value: (_: uPlot, value: number | null) => (value === null ? "–" : format(value)),
          })),
        ],
      },
      [at.map(each => each / 1000), ...lines.map(line => line.values)],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [at, lines, preferences.value.mode, languageTag.value]);
  return <div class="plot" ref={box} role="img" aria-label={label} />;
}
