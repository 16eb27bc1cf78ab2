import { ActionIcon, Button, Kbd, Tooltip, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import type { About } from "../api";
import { Dial } from "../call/Dial";
import { Dialog } from "../Dialog";
import { Icon } from "../Icon";
import { Link } from "../Link";
import { Live } from "../live/Live";
import { useLiveCalls } from "../live/liveCalls";
import { go, usePlace } from "../route";
import { showCount } from "./badge";
import { Boundary } from "./Boundary";
import { KEYS, useKeys } from "./keys";

const Talk = lazy(() => import("../talk/Talk"));
const History = lazy(async () => ({ default: (await import("../history/History")).History }));
const Agents = lazy(async () => ({ default: (await import("../agents/Agents")).Agents }));
const Doctor = lazy(async () => ({ default: (await import("../doctor/Doctor")).Doctor }));

const SCREENS = [
  ["/", "Live"],
  ["/history", "History"],
  ["/agents", "Agents"],
  ["/doctor", "Doctor"],
] as const;

/** The one header line, and the screen that the address names. */
export function Shell({ about }: { about: About }) {
  const { path } = usePlace();
  const calls = useLiveCalls();
  const [dialling, setDialling] = useState(false);
  const [helping, setHelping] = useState(false);
  const id = /^\/calls\/([^/]+)$/.exec(path)?.[1] ?? null;
  const place = path === "/calls" || id ? "/" : path;
  const title = SCREENS.find(([at]) => at === place)?.[1] ?? (path === "/talk" ? "Talk" : "");

  useEffect(() => showCount(calls.length, title === "Live" ? "" : title), [calls.length, title]);
  useKeys({
    "/": path === "/history" ? undefined : () => go("/history"),
    n: () => setDialling(true),
    t: () => go("/talk"),
    "?": () => setHelping(true),
  });

  return (
    <div className="shell">
      <header className="top">
        <Link className="brand" href="/">
          offhook
        </Link>
        <nav aria-label="Screens">
          {SCREENS.map(([at, name]) => (
            <Link key={at} href={at} aria-current={place === at ? "page" : undefined}>
              {name}
              {at === "/" && calls.length > 0 && <span className="count live">{calls.length}</span>}
            </Link>
          ))}
        </nav>
        <span className="right">
          {about.demo && (
            <Tooltip label="No keys and no account: everything runs on this machine, with a demo voice.">
              <span className="demo" tabIndex={0}>
                demo
              </span>
            </Tooltip>
          )}
          <Button className="wide" size="xs" variant="subtle" color="gray" onClick={() => go("/history")} rightSection={<Kbd size="xs">/</Kbd>}>
            Search
          </Button>
          <Scheme />
          <Button size="xs" variant="default" onClick={() => go("/talk")} aria-current={path === "/talk" ? "page" : undefined}>
            Talk
          </Button>
          <Button size="xs" onClick={() => setDialling(true)}>
            Call…
          </Button>
        </span>
      </header>
      <main className="screen">
        {path === "/talk" && <h1 className="sr">Talk</h1>}
        <Boundary key={place}>
          <Suspense fallback={<div aria-busy />}>
            {place === "/" && <Live about={about} id={id} onDial={() => setDialling(true)} />}
            {path === "/history" && <History command={about.call} />}
            {path === "/agents" && <Agents />}
            {path === "/doctor" && <Doctor />}
            {path === "/talk" && <Talk isDemo={about.demo} />}
          </Suspense>
        </Boundary>
      </main>
      <Dial opened={dialling} onClose={() => setDialling(false)} telephones={about.telephones} />
      <Dialog opened={helping} onClose={() => setHelping(false)} title="Keys">
        <table className="keys">
          <tbody>
            {KEYS.map(([key, what]) => (
              <tr key={key}>
                <td>
                  {key.split("  ").map((each) => (
                    <Kbd key={each} mr={4}>
                      {each}
                    </Kbd>
                  ))}
                </td>
                <td>{what}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Dialog>
    </div>
  );
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light");
  const other = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon variant="subtle" color="gray" onClick={() => setColorScheme(other)} aria-label={`Change to the ${other} theme`} title={`Change to the ${other} theme`}>
      <Icon of={scheme === "dark" ? "sun" : "moon"} />
    </ActionIcon>
  );
}
