/** The signs of the console: 24 × 24, stroked in the text's colour. The widget has its own few, so that it stays small. */
const PATHS = {
  inbox:
    "M4 13l2.5-7.5A2 2 0 018.4 4h7.2a2 2 0 011.9 1.5L20 13v5a2 2 0 01-2 2H6a2 2 0 01-2-2zM4 13h4.5l1.2 2.5h4.6l1.2-2.5H20",
  globe:
    "M12 21a9 9 0 100-18 9 9 0 000 18zM3.5 9h17M3.5 15h17M12 3c-5 5.5-5 12.5 0 18M12 3c5 5.5 5 12.5 0 18",
  people:
    "M9 11.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 20c.5-3.5 3-5.5 6.5-5.5s6 2 6.5 5.5M16 4.8a3.3 3.3 0 010 6.4M18 14.8c2 .7 3.2 2.4 3.5 5.2",
  chart: "M4 20h16M7 16v-4M12 16V6M17 16v-7",
  sliders: "M5 4v6M5 14v6M12 4v2M12 10v10M19 4v9M19 17v3M3 12h4M10 8h4M17 15h4",
  pulse: "M3 12h4l2.5-7 5 14 2.5-7h4",
  search: "M11 18a7 7 0 100-14 7 7 0 000 14zM20 20l-4-4",
  keyboard:
    "M4 7h16a1 1 0 011 1v8a1 1 0 01-1 1H4a1 1 0 01-1-1V8a1 1 0 011-1zM7 10.5v.01M11 10.5v.01M15 10.5v.01M8 14h8",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  checks: "M2 12.5l4.5 4.5L15 8M11 16l1 1 9.5-9.5",
  clock: "M12 21a9 9 0 100-18 9 9 0 000 18zM12 7v5l3 2",
  retry: "M4 12a8 8 0 0113.7-5.7L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 01-13.7 5.7L4 15.5M4 20v-4.5h4.5",
  down: "M6 9.5l6 6 6-6",
  up: "M6 14.5l6-6 6 6",
  left: "M14.5 6l-6 6 6 6",
  right: "M9.5 6l6 6-6 6",
  reply: "M9 7l-5 5 5 5M4 12h9a7 7 0 017 7",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5M8.5 9h7M8.5 12.5h4",
  take: "M12 4v10M7.5 9.5L12 14l4.5-4.5M4 14v4a2 2 0 002 2h12a2 2 0 002-2v-4",
  person: "M12 12a4 4 0 100-8 4 4 0 000 8zM4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5",
  spark:
    "M12 3l1.8 5.2L19 10l-5.2 1.8L12 17l-1.8-5.2L5 10l5.2-1.8zM18.5 15.5l.8 2.2 2.2.8-2.2.8-.8 2.2-.8-2.2-2.2-.8 2.2-.8z",
  tag: "M4 4h7.5L20 12.5 12.5 20 4 11.5zM8 8v.01",
  bolt: "M13 3L5 13.5h6L10 21l9-11.5h-6.5z",
  slash: "M15 5L9 19M4 4h16v16H4z",
  ear: "M7 9.5a5 5 0 1110 0c0 4-4 4.5-4 7.5a3 3 0 01-5.5 1.5M9.5 9.5a2.5 2.5 0 115 0c0 1.5-1.5 2-1.5 2",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  pane: "M4 5h16v14H4zM14.5 5v14",
  attach:
    "M20 11.5l-8.1 8.1a5 5 0 01-7.1-7.1l8.5-8.5a3.4 3.4 0 014.8 4.8l-8.5 8.5a1.7 1.7 0 01-2.4-2.4l7.8-7.8",
  emoji: "M12 21a9 9 0 100-18 9 9 0 000 18zM8.5 14.5s1.2 2 3.5 2 3.5-2 3.5-2M9 9.5v.01M15 9.5v.01",
  send: "M4.5 12L20 4.5 15 20l-3.5-6.5zM11.5 13.5L20 4.5",
  stop: "M8 8h8v8H8z",
  more: "M5 12v.01M12 12v.01M19 12v.01",
  plus: "M12 5v14M5 12h14",
  file: "M14 3H7a2 2 0 00-2 2v14a2 2 0 002 2h10a2 2 0 002-2V8zM14 3v5h5",
  exit: "M9 12h11M16.5 8.5L20 12l-3.5 3.5M12 4H6a2 2 0 00-2 2v12a2 2 0 002 2h6",
  gear: "M12 15.5a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM12 3v2.5M12 18.5V21M3 12h2.5M18.5 12H21M5.6 5.6l1.8 1.8M16.6 16.6l1.8 1.8M5.6 18.4l1.8-1.8M16.6 7.4l1.8-1.8",
  bell: "M6 16.5V11a6 6 0 1112 0v5.5l1.5 1.5h-15zM10 20.5h4",
  ban: "M12 21a9 9 0 100-18 9 9 0 000 18zM5.7 5.7l12.6 12.6",
  merge: "M6 4v4c0 4 6 4 6 8v4M18 4v4c0 4-6 4-6 8",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  copy: "M9 9h10v11H9zM5 15V4h10",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.5a2.5 2.5 0 100-5 2.5 2.5 0 000 5z",
  alert: "M12 8v5M12 16.5v.01M10.3 4L2.6 17.5a2 2 0 001.7 3h15.4a2 2 0 001.7-3L13.7 4a2 2 0 00-3.4 0z",
  chat: "M20 11.5a7.5 7.5 0 01-11 6.6L4 19.5l1.4-4.6A7.5 7.5 0 1120 11.5z",
  book: "M5 4h10a3 3 0 013 3v13H8a3 3 0 01-3-3zM5 17a3 3 0 013-3h10",
  flow: "M4 4h6v5H4zM14 15h6v5h-6zM7 9v4a4 4 0 004 4h3",
  shield: "M12 3l7.5 3v6c0 4.5-3 7.5-7.5 9-4.5-1.5-7.5-4.5-7.5-9V6z",
  key: "M14.5 13.5a5 5 0 10-4-4L4 16v4h4v-2.5h2.5V15z",
  hook: "M9 10a4 4 0 116 3l-2 3.5M7 12a4 4 0 105.5 5H18M15 17a2 2 0 104 0 2 2 0 00-4 0z",
  list: "M9 6h11M9 12h11M9 18h11M4.5 6v.01M4.5 12v.01M4.5 18v.01",
  calendar: "M5 6h14v14H5zM5 10.5h14M9 3.5V7M15 3.5V7",
  text: "M5 6V4.5h14V6M12 4.5v15M9 19.5h6",
  language: "M4 6h10M9 4v2M12 6c-.5 4-3 7-7 8.5M6.5 9c1 2.5 3 4.5 6 5.5M12.5 20l4-10 4 10M14 17h5",
  sun: "M12 16a4 4 0 100-8 4 4 0 000 8zM12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1 1M17.4 17.4l1 1M5.6 18.4l1-1M17.4 6.6l1-1",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  star: "M12 3.5l2.6 5.5 6 .8-4.4 4.2 1.1 6L12 17l-5.3 3 1.1-6L3.4 9.8l6-.8z",
  archive: "M4 5h16v4H4zM5.5 9v10h13V9M10 13h4",
} as const;

export type SignName = keyof typeof PATHS;

export function Sign({ name, size = 18 }: { name: SignName; size?: number }) {
  return (
    <svg class={`icon icon-${name}`} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface SignButtonProps {
  icon: SignName;
  label: string;
  onClick: (event: MouseEvent) => void;
  class?: string;
  pressed?: boolean;
  disabled?: boolean;
}

/** A button that shows a sign only: its name is for screen readers and the tooltip. */
export function SignButton({ icon, label, onClick, pressed, disabled, ...rest }: SignButtonProps) {
  return (
    <button
      type="button"
      class={`sign-button ${rest.class ?? ""}`}
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Sign name={icon} />
    </button>
  );
}
