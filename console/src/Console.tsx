import { MantineProvider } from "@mantine/core";
import { lazy, Suspense } from "react";
import { usePlace } from "./route";

const Talk = lazy(() => import("./talk/Talk"));

export function Console() {
  const { path } = usePlace();
  return (
    <MantineProvider defaultColorScheme="auto">
      <main>{path === "/talk" ? <Suspense fallback={null}><Talk /></Suspense> : <h1>offhook</h1>}</main>
    </MantineProvider>
  );
}
