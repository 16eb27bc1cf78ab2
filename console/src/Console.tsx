import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { type About, ask, Refused } from "./api";
import { Shell } from "./shell/Shell";
import { SignIn } from "./shell/SignIn";
import { theme } from "./theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refuses it refuses again; a server that is away is asked until it is back.
      retry: (_failures, error) => error instanceof Refused && (error.status === 0 || error.status >= 502),
      retryDelay: (tries) => Math.min(10_000, 500 * 2 ** tries),
      staleTime: 5_000,
      networkMode: "always",
    },
  },
});

export function Console() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Door />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Asks for the operator's token where one is needed. */
function Door() {
  const about = useQuery({ queryKey: ["about"], queryFn: () => ask<About>("/api/about"), staleTime: 60_000 });
  const refused = about.error instanceof Refused && about.error.status === 401 ? about.error : null;
  if (refused) return <SignIn sentence={refused.message} onSigned={() => void queries.resetQueries()} />;
  if (about.data) return <Shell about={about.data} />;
  const failure = about.failureReason ?? about.error;
  return (
    <main className="alone" aria-busy={about.isPending}>
      <h1>offhook</h1>
      <p role="status">{failure ? failure.message : ""}</p>
    </main>
  );
}
