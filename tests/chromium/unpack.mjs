// Unpacks the browser into the folder that is named, and prints where it is.
import chromium, { inflate } from "@sparticuz/chromium";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
process.env.TMPDIR = folder;
const path = await chromium.executablePath();
const bin = join(dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "..", "bin");
await inflate(join(bin, "al2023.tar.br")); // the libraries a bare machine lacks
console.log(path);
