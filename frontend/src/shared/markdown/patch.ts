/**
 * Draw a tree of nodes into the page, changing only what differs: text that grew is appended to its node, so a selection
 * and a screen reader's place in earlier text survive while an answer is being written. Only text nodes and the elements
 * of the subset are ever made; nothing is read as HTML.
 */
import type { Element_, Node_ } from "./parse";

export function patch(parent: Element, nodes: readonly Node_[]): void {
  nodes.forEach((node, i) => {
    const present = parent.childNodes[i];
    if (typeof node === "string") patchText(parent, present, node);
    else patchElement(parent, present, node);
  });
  while (parent.childNodes.length > nodes.length) parent.lastChild?.remove();
}

function patchText(parent: Element, present: ChildNode | undefined, text: string): void {
  if (present?.nodeType !== Node.TEXT_NODE) {
    put(parent, present, document.createTextNode(text));
    return;
  }
  const node = present as Text;
  if (node.data === text) return;
  if (text.startsWith(node.data)) node.appendData(text.slice(node.data.length));
  else node.data = text;
}

function patchElement(parent: Element, present: ChildNode | undefined, node: Element_): void {
  let element = present as HTMLElement | undefined;
  if (element?.localName !== node.tag) {
    element = document.createElement(node.tag);
    if (node.tag === "a") {
      element.setAttribute("target", "_blank");
      element.setAttribute("rel", "noopener noreferrer nofollow");
    } else if (node.tag === "pre") {
      element.tabIndex = 0; // it scrolls, so the keyboard must reach it
    }
    put(parent, present, element);
  }
  if (node.href && element.getAttribute("href") !== node.href) element.setAttribute("href", node.href);
  if (node.start !== undefined) element.setAttribute("start", String(node.start));
  patch(element, node.children);
}

function put(parent: Element, present: ChildNode | undefined, node: Node): void {
  if (present) parent.replaceChild(node, present);
  else parent.appendChild(node);
}
