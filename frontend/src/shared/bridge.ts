/**
 * What the host page and the chat's frame say to each other: one side each, exact origins, one version.
 * Whatever comes from another window, another origin or another version is not heard.
 */
const VERSION = 1;

export interface PageFacts {
  url: string;
  title: string;
  referrer: string;
}

export interface Boot {
  t: "boot";
  isOpen: boolean;
  /** Connect before the visitor opens the chat: the host page wants agents to see who is there. */
  presence: boolean;
  locale?: string;
  mode?: string;
  theme?: Record<string, string>;
  page: PageFacts;
  modal: boolean;
  /** Take no focus: somebody only looks how the chat looks. */
  quiet?: boolean;
  /** Commands of the host page, in the order they were given. */
  commands: [string, ...unknown[]][];
}

export type ToFrame =
  | Boot
  | { t: "open"; modal: boolean }
  | { t: "close" }
  | { t: "page"; page: PageFacts }
  | { t: "command"; command: [string, ...unknown[]] };

export type ToHost =
  | { t: "ready" }
  | { t: "close" }
  | { t: "event"; name: string; detail?: unknown }
  | { t: "look"; brand: string; ink: string; position?: string; name: string; hidden: boolean }
  | { t: "teaser"; name: string; text: string }
  /** The visitor has a conversation that is worth resuming on the next page, or not any more. */
  | { t: "known"; known: boolean };

type Sealed<T> = T & { fastdesk: number };

/** Listen to one window of one origin; gives the way to speak to it, and to stop. */
export function bridge<In extends { t: string }, Out extends { t: string }>(
  other: () => Window | null,
  origin: string,
  onMessage: (message: In) => void,
): { post: (message: Out) => void; close: () => void } {
  const hear = (event: MessageEvent) => {
    const message = event.data as Sealed<In> | null;
    if (event.origin !== origin || event.source !== other() || message?.fastdesk !== VERSION) return;
    onMessage(message);
  };
  addEventListener("message", hear);
  return {
    post: message => other()?.postMessage({ ...message, fastdesk: VERSION }, origin),
    close: () => removeEventListener("message", hear),
  };
}
