import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const src = import.meta.dirname;
const styles = join(src, "../node_modules/@mantine/core/styles");

it("has the looks of every part of Mantine that is used", () => {
  const used = new Set<string>();
  for (const file of globSync("**/*.{ts,tsx}", { cwd: src })) {
    for (const [, names] of readFileSync(join(src, file), "utf8").matchAll(/import \{([^}]+)\} from "@mantine\/core"/g)) {
      for (const name of names!.split(",")) used.add(name.replace(/^\s*type\s/, "").trim());
    }
  }
  const looks = readFileSync(join(src, "mantine.css"), "utf8");
  const without = [...used].filter((name) => existsSync(join(styles, `${name}.css`)) && !looks.includes(`/${name}.css"`));
  expect(used.size).toBeGreaterThan(5);
  expect(without).toEqual([]);
});
