import { expect, it } from "vitest";
import { markNames } from "../../src/console/inbox/mentions";
import { parseMarkdown } from "../../src/shared/markdown/parse";

const NAMES = ["Li", "Li Na", "王伟", "a.*b"];
const marked = (text: string) => markNames(parseMarkdown(text), NAMES, "王伟");
const mark = (...children: unknown[]) => ({ tag: "mark", children });

it("marks every colleague whom a note names, and oneself louder", () => {
  const own = { tag: "strong", children: ["@王伟"] };
  expect(marked("@Li Na and @王伟, please")).toEqual([
    { tag: "p", children: [mark("@Li Na"), " and ", mark(own), ", please"] },
  ]);
});

it("marks names inside of lists and emphasis, not in code", () => {
  expect(marked("- **@Li**\n- `@Li`")).toEqual([
    {
      tag: "ul",
      start: undefined,
      children: [
        { tag: "li", children: [{ tag: "strong", children: [mark("@Li")] }] },
        { tag: "li", children: [{ tag: "code", children: ["@Li"] }] },
      ],
    },
  ]);
});

it("takes a name as it is written", () => {
  expect(marked("@a.*b @axxb")).toEqual([{ tag: "p", children: [mark("@a.*b"), " @axxb"] }]);
  expect(markNames(["@"], [""], "")).toEqual(["@"]);
});
